export default {
  files: ['test/dist/**/*.test.js', 'packages/*/test/dist/**/*.test.js'],
  // Tests start real processes and sockets: few files at once, each in a process of its own.
  workerThreads: false,
  concurrency: 2,
  // A last resort against what hangs: whatever waits gives up before, says for what, and has more patience on a busy machine.
  timeout: '900s',
}
