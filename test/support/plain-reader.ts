/**
 * A program that speaks the plain protocol, to be run as a process of its own, so that it can be killed: what the system does with
 * its socket then is part of the story. Arguments: port, user, secret. It prints the port of its end, and the texts that it gets.
 */
import { connect, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

const [port, username, secret] = process.argv.slice(2)
const socket = connect(Number(port), '127.0.0.1', () => {
  process.stdout.write(`port ${(socket.address() as AddressInfo).port}\n`)
  socket.write(`${JSON.stringify({ command: 'LOGIN', username, secret })}\n`)
})
createInterface({ input: socket }).on('line', (line) => {
  const { command, activity } = JSON.parse(line) as { command: string; activity?: { text: string } }
  process.stdout.write(`${activity === undefined ? command : `got ${activity.text}`}\n`)
})
