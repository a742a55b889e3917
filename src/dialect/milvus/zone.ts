// Time zones by name, in which time fields are written and told. The host knows the zones.

import { invalid, told } from './errors.ts'

/** Each takes some 30 KB, and a zone has many spellings: upper and lower case are one to the host. */
const FORMATS = new Map<string, Intl.DateTimeFormat>()
const FORMATS_MAX = 64

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone)
  if (format === undefined) {
    const parts = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const times = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, era: 'short', ...parts, ...times })
    if (FORMATS.size >= FORMATS_MAX) FORMATS.clear()
    FORMATS.set(zone, format)
  }
  return format
}

export function isZone(zone: unknown): zone is string {
  // Some hosts take an offset for a zone.
  if (typeof zone !== 'string' || /^[+-]/.test(zone)) return false
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** Throws if a value is no name of a zone. */
export function requireZone(zone: unknown): asserts zone is string {
  if (!isZone(zone)) throw invalid(`unknown or invalid IANA Time Zone ID: ${told(zone)}`)
}

/** By how many milliseconds a zone's clocks are ahead of UTC at a moment. */
function aheadOf(zone: string, moment: number): number {
  const parts: Record<string, number> = {}
  let isBefore = false
  for (const { type, value } of formatOf(zone).formatToParts(moment)) {
    if (type === 'era') isBefore = value.startsWith('B')
    else parts[type] = Number(value)
  }
  const { year, month, day, hour, minute, second } = parts as Record<string, number>
  const local = new Date(0)
  local.setUTCFullYear(isBefore ? 1 - year! : year!, month! - 1, day!)
  local.setUTCHours(hour!, minute!, second!)
  return local.getTime() - Math.floor(moment / 1000) * 1000
}

/** The moment at which a zone's clocks show what UTC's show at `local`. */
export function momentIn(zone: string, local: number): number {
  const guess = local - aheadOf(zone, local)
  return local - aheadOf(zone, guess)
}

/** A time in UTC, told by the clocks of a zone. */
export function textIn(zone: string, text: string): string {
  const moment = Date.parse(text)
  if (Number.isNaN(moment)) return text
  // The offset has whole minutes, even though offsets of long ago have seconds.
  const minutes = Math.round(aheadOf(zone, moment) / 60_000)
  if (minutes === 0) return text
  const local = new Date(moment + minutes * 60_000).toISOString().slice(0, -5)
  const size = Math.abs(minutes)
  const [hours, rest] = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'))
  return `${local}${/\.\d+/.exec(text)?.[0] ?? ''}${minutes < 0 ? '-' : '+'}${hours}:${rest}`
}

/** By where they stand in a text in ISO 8601. */
const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond']

/** The names in a request's list of parts of times. */
export function timeParts(given: unknown): string[] {
  const parts = (Array.isArray(given) ? given : told(given).split(',')).map((part) => told(part).trim().toLowerCase())
  const wrong = parts.find((part) => !PARTS.includes(part))
  if (wrong !== undefined) throw invalid(`time_fields are ${PARTS.join(', ')}`, PARTS.join(' '), wrong)
  return parts
}

/** Parts of a time in UTC, told by the clocks of a zone. */
export function partsOf(zone: string | undefined, text: string, parts: readonly string[]): number[] {
  const local = zone === undefined ? text : textIn(zone, text)
  const [, whole, fraction = ''] = /^(-?\d+-\d+-\d+T\d+:\d+:\d+)(?:\.(\d+))?/.exec(local) ?? []
  const numbers = [...(whole?.match(/(?:^-)?\d+/g) ?? []), fraction.padEnd(6, '0').slice(0, 6)].map(Number)
  return parts.map((part) => numbers[PARTS.indexOf(part)]!)
}
