import { dialectOf, type Dialect } from '@jwp/transport'
import test from 'ava'

const told: readonly (readonly [string, Dialect | undefined])[] = [
  ['IPC', 'net-ipc'],
  ['IPC\x85{', 'net-ipc'],
  ['I', undefined],
  ['IP', undefined],
  ['IPX', 'lines'],
  ['I\n', 'lines'],
  ['GET / HTTP/1.1', 'http'],
  ['POST /x', 'http'],
  ['HEAD ', 'http'],
  ['DELETE ', 'http'],
  ['OPTIONS *', 'http'],
  ['G', undefined],
  ['POS', undefined],
  ['P', undefined],
  ['PU', undefined],
  ['OPTIONS', undefined],
  ['GET\t/', 'lines'],
  ['GET\n', 'lines'],
  ['G\r', 'lines'],
  ['GETTING ', 'lines'],
  ['get / ', 'lines'],
  ['Hello', 'lines'],
  ['H', undefined],
  ['{', 'lines'],
  ['{"command":"LOGIN"}', 'lines'],
  [' {', 'lines'],
  ['\n', 'lines'],
  ['\r\n{', 'lines'],
  ['\t{', 'lines'],
  ['\x00\x15{', 'write-utf'],
  ['\x00', 'write-utf'],
  ['\x01\x0a{', 'write-utf'],
  ['\x1f', 'write-utf'],
  ['\x16\x03\x01', 'write-utf'],
  ['\xef\xbb\xbf{', 'lines'],
  ['\xff\xff', 'lines'],
  ['', undefined],
]

for (const [first, dialect] of told) {
  test(`${JSON.stringify(first)} ${dialect === undefined ? 'does not tell yet' : `is ${dialect}`}`, (t) => {
    t.is(dialectOf(Buffer.from(first, 'latin1')), dialect)
  })
}
