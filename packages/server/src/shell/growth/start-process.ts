/**
 * Starts a process that outlives us: a session of its own, so that neither our terminal nor our end ends it, and a file
 * for what it prints, since a pipe would break with us.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { runtimeFolder } from '../runtime-folder.js'

export interface StartOrder {
  readonly file: string
  readonly args: readonly string[]
  /** `file` is a line for the shell. */
  readonly shell: boolean
  readonly environment: Readonly<Record<string, string>>
  /** Names the file of its output. */
  readonly port: number
}

export interface StartedProcess {
  /** How it ended: undefined for exit code 0. Never rejects. */
  readonly ended: Promise<string | undefined>
  /** The last line that it printed. */
  lastWords(): string
  /** SIGTERM to it and what it has started. Nothing, if it has ended already. */
  end(): void
}

/** The most of a line that is kept. */
const maxWords = 500

export function startProcess({ file, args, shell, environment, port }: StartOrder): StartedProcess {
  const { path, output } = openOutput(port)
  let child: ChildProcess
  try {
    child = spawn(file, args, {
      shell,
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...environment },
    })
  } finally {
    closeSync(output)
  }
  child.unref()
  let isGone = false
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      isGone = true
      resolve(`it could not be started (${error.code ?? 'unknown error'})`)
    })
    child.once('exit', (code, signal) => {
      isGone = true
      if (code === 0) resolve(undefined)
      else resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`)
    })
  })
  return {
    ended,
    lastWords: () => lastLineOf(path),
    end() {
      if (isGone || child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended in this very moment.
      }
    },
  }
}

/** Without a folder to write to, what it prints is lost, and the server comes all the same. */
function openOutput(port: number): { path: string; output: number } {
  try {
    const path = join(runtimeFolder(), `started-${port}.log`)
    return { path, output: openSync(path, 'w', 0o600) }
  } catch {
    return { path: devNull, output: openSync(devNull, 'w') }
  }
}

function lastLineOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)!.slice(0, maxWords)
  } catch {
    return ''
  }
}
