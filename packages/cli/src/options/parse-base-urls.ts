/** Reads addresses of an HTTP service as people type them: `http://127.0.0.1:2379,http://etcd.lan:2379`. */

/** More than any etcd has members. */
const maxUrls = 16

/** @throws Error that says what was expected. */
export function parseBaseUrls(text: string): readonly string[] {
  const urls = [...new Set(text.split(',').map((each) => parseBaseUrl(each.trim())))]
  if (urls.length > maxUrls) throw new Error(`at most ${maxUrls} addresses`)
  return urls
}

function parseBaseUrl(text: string): string {
  const fault = (): Error =>
    new Error(`expected an address such as http://127.0.0.1:2379, not ${JSON.stringify(text)}`)
  if (!URL.canParse(text)) throw fault()
  const url = new URL(text)
  const { protocol, username, password, pathname, search, hash } = url
  if (username !== '' || password !== '')
    throw new Error('an address with a user or a password in it is not supported: every user would see them')
  if (!['http:', 'https:'].includes(protocol) || pathname !== '/' || search !== '' || hash !== '')
    throw fault()
  return url.origin
}
