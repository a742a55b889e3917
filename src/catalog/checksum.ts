// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, initial and final value all ones) as in RFC 3720, appendix B.4.
// The catalog is a few kilobytes and is read before any WASM exists, so a table in JavaScript is enough. CRC-32C
// detects every single flipped bit and every burst of up to 32 bits.

const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1
  return remainder >>> 0
})

/** CRC-32C of `bytes`; to continue a checksum, pass the result for the preceding bytes as `before`. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let remainder = ~before
  for (let i = 0; i < bytes.length; i++) {
    remainder = (TABLE[(remainder ^ (bytes[i] as number)) & 0xff] as number) ^ (remainder >>> 8)
  }
  return ~remainder >>> 0
}
