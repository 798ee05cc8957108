/** A message as bytes: those of its parts go into the frame as they are, one after the other. */
export class PackedMessage {
  readonly byteLength: number

  constructor(readonly parts: readonly Uint8Array[]) {
    let bytes = 0
    for (const part of parts) bytes += part.length
    this.byteLength = bytes
  }

  /** One after the other into `bytes`, from `at` on. @returns where they end there */
  copyTo(bytes: Uint8Array, at: number): number {
    let end = at
    for (const part of this.parts) {
      bytes.set(part, end)
      end += part.length
    }
    return end
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength)
    this.copyTo(bytes, 0)
    return bytes
  }
}
