// The server's clock, and conversions of its timestamps.

import { isDate } from '../../value/index.ts'
import { wrongCall } from './errors.ts'

/** A timestamp of the server's clock: milliseconds, and 18 bits below them. */
export function hybridTime(ms = Date.now()): string {
  if (ms !== lastMs) {
    lastMs = ms
    lastTime = String(BigInt(Math.floor(ms)) << 18n)
  }
  return lastTime
}

// Many calls fall into the same millisecond.
let lastMs = -1
let lastTime = ''

/** Whether a value is a timestamp: a bigint, or digits. */
export function checkTimeParam(time: unknown): boolean {
  return typeof time === 'bigint' || (typeof time === 'string' && !Number.isNaN(Number(time)))
}

function timeOf(time: bigint | string): bigint {
  if (!checkTimeParam(time)) throw wrongCall('TIMESTAMP_PARAM_CHECK', '', 'hybridts ')
  return BigInt(time)
}

/** Seconds since 1970 of a timestamp of the server's clock. */
export function hybridtsToUnixtime(hybridts: bigint | string): string {
  return String((timeOf(hybridts) >> 18n) / 1000n)
}

/** The timestamp of the server's clock at this many seconds since 1970. */
export function unixtimeToHybridts(unixtime: bigint | string): string {
  return String((timeOf(unixtime) * 1000n) << 18n)
}

/** The same for a Date, in whole seconds. */
export function datetimeToHybrids(datetime: Date): string {
  if (!isDate(datetime)) throw wrongCall('DATE_TYPE_CHECK', '', 'hybridts ')
  return unixtimeToHybridts(String(datetime.getTime() / 1000))
}
