/** How what a server says to clients becomes a line. */

/** As JSON.stringify, without what some readers take for the end of a line. */
export function jsonForOneLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0085\u2028\u2029]/g,
    (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** With its end. Names in it may be of any characters: earlier versions registered what is refused today. */
export function commandLine(command: object): string {
  return `${jsonForOneLine(command)}\n`
}
