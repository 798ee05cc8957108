/** What net-ipc says on the wire, built by hand, so that a test can say it wrongly. */
import { pack } from 'msgpackr'

/** Length in groups of seven bits, the last with its high bit set; then the bytes. */
export function frame(content: Uint8Array, announcedBytes = content.length): Buffer {
  const tag = [(announcedBytes % 128) + 128]
  for (let rest = Math.floor(announcedBytes / 128); rest > 0; rest = Math.floor(rest / 128))
    tag.unshift(rest % 128)
  return Buffer.concat([Buffer.from(tag), content])
}

export const json = (value: unknown): Buffer => frame(Buffer.from(JSON.stringify(value)))
export const packed = (value: unknown): Buffer => frame(pack(value))

/** What a link of JWP opens with. */
export const handshake = Buffer.concat([
  Buffer.from('IPC'),
  json({ t: 0, d: { compress: false, messagepack: true, id: null } }),
])
export const message = (...messages: unknown[]): Buffer => packed({ t: 1, d: messages })
