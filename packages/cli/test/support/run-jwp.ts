/** Runs `jwp` as a user would, in a process of its own, and tells how it ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../../bin/jwp.js', import.meta.url))

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** All it has printed so far, on both streams. */
  printed(): string
}

export function startJwp(argv: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [script, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...withoutOurs(process.env), NO_COLOR: '1', ...options.environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A command that does not read its input may be gone before we have written it.
  child.stdin.on('error', () => undefined)
  if (options.input !== undefined) child.stdin.end(options.input)
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  return { child, ended, printed: () => stdout + stderr }
}

export const runJwp = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  startJwp(argv, { input: '', ...options }).ended

/** The developer's own variables must not decide a test. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(JWP_|NO_COLOR|FORCE_COLOR|DEBUG)/.test(name)),
  )
}
