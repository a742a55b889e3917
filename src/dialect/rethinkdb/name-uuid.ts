// UUIDs of names (version 5, RFC 9562): SHA-1 over a namespace and the name. The package's own would come with what is loaded at once.

function rotated(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count))
}

/** What a round of 20 steps computes of three words, and adds. */
const ROUNDS: readonly (readonly [(b: number, c: number, d: number) => number, number])[] = [
  [(b, c, d) => (b & c) | (~b & d), 0x5a827999],
  [(b, c, d) => b ^ c ^ d, 0x6ed9eba1],
  [(b, c, d) => (b & c) | (b & d) | (c & d), 0x8f1bbcdc],
  [(b, c, d) => b ^ c ^ d, 0xca62c1d6],
]

/** SHA-1 (FIPS 180-4) of the bytes: 20 bytes. */
function sha1(bytes: Uint8Array): Uint8Array {
  const blocks = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6))
  new Uint8Array(blocks.buffer).set(bytes)
  blocks.setUint8(bytes.length, 0x80)
  blocks.setBigUint64(blocks.byteLength - 8, BigInt(bytes.length) * 8n)
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const words = new Uint32Array(80)
  for (let at = 0; at < blocks.byteLength; at += 64) {
    for (let i = 0; i < 80; i++) {
      words[i] =
        i < 16 ? blocks.getUint32(at + 4 * i) : rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1)
    }
    let [a, b, c, d, e] = state
    for (let i = 0; i < 80; i++) {
      const [mix, constant] = ROUNDS[Math.floor(i / 20)]
      const next = rotated(a, 5) + mix(b, c, d) + e + constant + words[i]
      e = d
      d = c
      c = rotated(b, 30)
      b = a
      a = next | 0
    }
    ;[a, b, c, d, e].forEach((value, i) => {
      state[i] += value
    })
  }
  const digest = new DataView(new ArrayBuffer(20))
  for (let i = 0; i < 5; i++) digest.setUint32(4 * i, state[i])
  return new Uint8Array(digest.buffer)
}

/** The UUID of a name; `namespace` is one as text. */
export function nameUuid(name: string, namespace: string): string {
  const space = namespace.replaceAll('-', '').match(/../g) ?? []
  const digest = sha1(
    Uint8Array.of(...space.map((pair) => Number.parseInt(pair, 16)), ...new TextEncoder().encode(name)),
  )
  digest[6] = (digest[6] & 0x0f) | 0x50
  digest[8] = (digest[8] & 0x3f) | 0x80
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
