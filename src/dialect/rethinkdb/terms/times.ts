// Terms about instants: how they are made, their parts in their zone, ISO 8601.

import { asTime, type Datum, Time, wholeMilliseconds } from '../datum.ts'
import { fail } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import type { Operation, Operations } from '../registry.ts'
import { KINDS } from '../terms.ts'
import type { Val } from '../values.ts'

const DAY = 86_400

/** Reads digits from a string; on an unexpected character, fails with the server's message. */
class Reader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isDone(): boolean {
    return this.at >= this.text.length
  }

  digits(count: number): string {
    const from = this.at
    for (let i = 0; i < count; i++) {
      if (this.isDone) {
        fail(
          `Invalid time zone string \`${this.text}\`. Valid time zones are \`+hh:mm\`, \`-hh:mm\`, \`+hhmm\`, \`-hhmm\`, ` +
            '`+hh`, `-hh` and `Z`.',
        )
      }
      const character = this.text[this.at++]
      if (!/\d/.test(character)) {
        fail(`Invalid date string \`${this.text}\` (got \`${character}\` but expected a digit).`)
      }
    }
    return this.text.slice(from, this.at)
  }

  take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  end(noun: string): void {
    if (this.isDone) return
    fail(`Garbage characters \`${this.text.slice(this.at)}\` at end of ${noun} string \`${this.text}\`.`)
  }
}

/** A zone as `+hh:mm`. */
export function zoneOf(text: string): string {
  if (text === 'Z') return '+00:00'
  if (text === '-00' || text === '-00:00') fail(`\`${text}\` is not a valid time offset.`)
  const reader = new Reader(text)
  const sign = reader.take('-')
    ? '-'
    : reader.take('+')
      ? '+'
      : fail(`Timezone \`${text}\` does not start with \`-\` or \`+\`.`)
  const hours = reader.digits(2)
  let minutes = '00'
  if (!reader.isDone) {
    reader.take(':')
    minutes = reader.digits(2)
    reader.end('timezone')
  }
  if (Number(hours) > 24) fail(`Hours out of range in \`${text}\`.`)
  if (Number(minutes) > 59) fail(`Minutes out of range in \`${text}\`.`)
  return `${sign}${hours}:${minutes}`
}

/** Seconds by which a zone is ahead of UTC. */
function offsetOf(zone: string): number {
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60
  return zone[0] === '-' ? -seconds : seconds
}

function requireYear(year: number): void {
  if (year < 1400 || year > 9999) fail('Error in time logic: Year is out of valid range: 1400..9999.')
}

/** Days since 1970 of a date, which must exist. */
function dayNumber(year: number, month: number, day: number): number {
  requireYear(year)
  if (month < 1 || month > 12) fail('Error in time logic: Month number is out of range 1..12.')
  if (day < 1 || day > 31) fail('Error in time logic: Day of month value is out of range 1..31.')
  const days = Date.UTC(year, month - 1, day) / (DAY * 1000)
  if (new Date(days * DAY * 1000).getUTCDate() !== day) fail('Error in time logic: Day of month is not valid for year.')
  return days
}

function parseDate(text: string): number {
  const reader = new Reader(text)
  const year = Number(reader.digits(4))
  if (reader.isDone) return dayNumber(year, 1, 1)
  const hasHyphen = reader.take('-')
  if (reader.take('W')) {
    fail(
      'Due to limitations in the boost time library we use for parsing, we cannot support ISO week dates right now.  Sorry about that!  Please use years, calendar dates, or ordinal dates instead.',
    )
  }
  if (text.length - reader.at === 3) {
    const day = Number(reader.digits(3))
    const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCDate() === 29
    if (day < 1 || day > (isLeap ? 366 : 365)) fail('Error in time logic: Day of year value is out of range 1..366.')
    return dayNumber(year, 1, 1) + day - 1
  }
  const month = Number(reader.digits(2))
  if (hasHyphen && reader.isDone) return dayNumber(year, month, 1)
  const hasSecond = reader.take('-')
  if (hasHyphen !== hasSecond) fail(`Date string \`${text}\` must have 0 or 2 hyphens.`)
  const day = Number(reader.digits(2))
  reader.end('date')
  return dayNumber(year, month, day)
}

function parseClock(text: string): number {
  const reader = new Reader(text)
  const hours = Number(reader.digits(2))
  let minutes = 0
  let seconds = 0
  if (!reader.isDone) {
    const hasColon = reader.take(':')
    minutes = Number(reader.digits(2))
    if (!reader.isDone) {
      if (reader.take(':') !== hasColon) fail(`Time string \`${text}\` must have 0 or 2 colons.`)
      seconds = Number(reader.digits(2))
      if (reader.take('.')) {
        const from = reader.at
        while (!reader.isDone) reader.digits(1)
        seconds += Number(`0.${text.slice(from, from + 3) || '0'}`)
      }
      reader.end('time')
    }
  }
  requireClock(hours, minutes, seconds)
  return wholeMilliseconds(hours * 3600 + minutes * 60 + seconds)
}

function requireClock(hours: number, minutes: number, seconds: number): void {
  if (hours < 0 || hours > 24) fail('Error in time logic: Hour value is out of range 0..24.')
  if (minutes < 0 || minutes > 59) fail('Error in time logic: Minute value is out of range 0..59.')
  if (seconds < 0 || seconds >= 60) fail('Error in time logic: Second value is out of range 0..59.')
}

/** The instant given by an ISO 8601 string. */
function parseIso(text: string, defaultZone: string): Time {
  const at = text.indexOf('T')
  const days = parseDate(at < 0 ? text : text.slice(0, at))
  let clock = 0
  let zone = defaultZone
  if (at >= 0) {
    const rest = text.slice(at + 1)
    const sign = /[-+Z]/.exec(rest)
    clock = parseClock(sign === null ? rest : rest.slice(0, sign.index))
    if (sign !== null) zone = zoneOf(rest.slice(sign.index))
  }
  if (zone === '') fail('ISO 8601 string has no time zone, and no default time zone was provided.')
  const own = zoneOf(zone)
  return new Time(days * DAY + clock - offsetOf(own), own)
}

/** The wall clock: a Date whose UTC parts are those of the zone. */
function wall(time: Time): Date {
  const date = new Date(Math.round((time.epoch + offsetOf(time.zone)) * 1000))
  const year = date.getUTCFullYear()
  if (Number.isNaN(year) || year < 1400 || year > 10_000) {
    fail('Error in time logic: Year is out of valid range: 1400..9999.')
  }
  return date
}

function toIso(time: Time): string {
  const text = wall(time).toISOString()
  if (text.startsWith('+')) fail(`Year \`${wall(time).getUTCFullYear()}\` out of valid ISO 8601 range [0, 9999].`)
  return `${text.slice(0, 19)}${text.slice(19, 23) === '.000' ? '' : text.slice(19, 23)}${time.zone}`
}

function part(read: (date: Date, time: Time) => number): (call: Call) => Val {
  return (call) => {
    const time = call.as(0, asTime)
    return read(wall(time), time)
  }
}

function secondsToday(time: Time): number {
  const local = time.epoch + offsetOf(time.zone)
  return wholeMilliseconds(local - Math.floor(local / DAY) * DAY)
}

function fromParts(call: Call): Datum {
  if (call.count !== 4 && call.count !== 7) fail(`Got ${call.count} arguments to TIME (expected 4 or 7).`)
  const days = dayNumber(call.integer(0), call.integer(1), call.integer(2))
  let clock = 0
  if (call.count === 7) {
    const hours = call.integer(3)
    const minutes = call.integer(4)
    const seconds = call.number(5)
    requireClock(hours, minutes, seconds)
    clock = hours * 3600 + minutes * 60 + seconds
  }
  const zone = zoneOf(call.text(call.count - 1))
  return new Time(days * DAY + clock - offsetOf(zone), zone)
}

export const terms: Operations = {
  time: fromParts,
  epochTime: (call) => new Time(call.number(0), '+00:00'),
  ISO8601: (call) => parseIso(call.text(0), call.textOption('default_timezone') ?? ''),
  toISO8601: (call) => toIso(call.as(0, asTime)),
  toEpochTime: (call) => call.as(0, asTime).epoch,
  inTimezone: (call) => new Time(call.as(0, asTime).epoch, zoneOf(call.text(1))),
  timezone: (call) => call.as(0, asTime).zone,
  during(call) {
    const time = call.as(0, asTime).epoch
    const low = call.as(1, asTime).epoch
    const high = call.as(2, asTime).epoch
    const isAfter = call.isOpen('left_bound') ? time > low : time >= low
    return isAfter && (call.isOpen('right_bound') ? time < high : time <= high)
  },
  date(call) {
    const time = call.as(0, asTime)
    return new Time(wholeMilliseconds(time.epoch - secondsToday(time)), time.zone)
  },
  timeOfDay: (call) => secondsToday(call.as(0, asTime)),
  year: part((date) => date.getUTCFullYear()),
  month: part((date) => date.getUTCMonth() + 1),
  day: part((date) => date.getUTCDate()),
  dayOfWeek: part((date) => date.getUTCDay() || 7),
  dayOfYear: part((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / (DAY * 1000)) + 1),
  hours: part((date) => date.getUTCHours()),
  minutes: part((date) => date.getUTCMinutes()),
  seconds: part((_, time) => wholeMilliseconds(secondsToday(time) % 60)),
}

// r.monday is 1, r.january is 1.
const FIRST_DAY = 107
const FIRST_MONTH = 114
const LAST_MONTH = 125
for (const { name, type } of KINDS.filter((kind) => kind?.type >= FIRST_DAY && kind.type <= LAST_MONTH)) {
  ;(terms as Record<string, Operation>)[name] = () =>
    type < FIRST_MONTH ? type - FIRST_DAY + 1 : type - FIRST_MONTH + 1
}
