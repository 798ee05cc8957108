/** What went wrong with a disk, and what to do about it, in words. */

const byCode: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'the disk quota is used up: make room, or have it raised',
  EROFS: 'the disk is read-only: mount it for writing',
  EACCES: 'this user may not write there: change its owner or mode',
  EPERM: 'this user may not write there: change its owner or mode',
  EFBIG: 'the file may not grow any further: raise the limit of file sizes (ulimit -f)',
  EIO: 'the disk reports an error: check it',
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'a link in the path leads to itself',
}

/** LMDB speaks in the system's words, without its codes. */
const byWords: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, 'ENOSPC'],
  [/quota/i, 'EDQUOT'],
  [/read-only/i, 'EROFS'],
  [/permission denied/i, 'EACCES'],
  [/file too large/i, 'EFBIG'],
  [/input\/output error/i, 'EIO'],
]

export function describeTrouble(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const known = byCode[code ?? ''] ?? byCode[byWords.find(([words]) => words.test(message))?.[1] ?? '']
  return known === undefined ? message : known
}
