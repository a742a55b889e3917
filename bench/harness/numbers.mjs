export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Three significant figures, thousands apart: 1,234,567 reads as 1,230,000, and 0.01234 as 0.0123. */
export function short(value) {
  if (!Number.isFinite(value)) return ''
  if (value === 0) return '0'
  const rounded = Number(value.toPrecision(3))
  const decimals = Math.abs(rounded) >= 100 ? 0 : Math.abs(rounded) >= 10 ? 1 : Math.abs(rounded) >= 1 ? 2 : 3
  return rounded.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: decimals })
}
