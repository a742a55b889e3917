// The order of strings: a file of its own, because some importers need nothing else of this room.

/** -1, 0 or 1 by code points, which is the order of the UTF-8 bytes; `<` compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const units = Math.min(a.length, b.length)
  for (let i = 0; i < units; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates represent code points above all other units.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x < y ? -1 : 1
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1
}
