export default {
  files: ['test/dist/**/*.test.js', 'packages/*/test/dist/**/*.test.js'],
  // Tests start real processes and sockets: few files at once, each in a process of its own.
  workerThreads: false,
  concurrency: 2,
  timeout: '120s',
}
