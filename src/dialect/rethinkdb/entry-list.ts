// Entries of an index in order. A list never changes: a write makes a new one that shares all but a few short runs with
// it, so a stream keeps reading the list it began with, however many entries there are.

import { compare, type Datum } from './datum.ts'

/** A document under one of its keys in an index. */
export interface Entry {
  readonly key: Datum
  readonly primary: Datum
}

/** Where a range begins or ends: before all entries of a key, or after them. */
export interface EntryBound {
  readonly key: Datum
  readonly isAfter: boolean
}

/** An entry that is added or removed. */
export interface EntryStep {
  readonly entry: Entry
  readonly isGone: boolean
}

type Run = readonly Entry[]
type IsBefore = (entry: Entry) => boolean

/** Entries in a new run; a run of twice as many is halved. */
const RUN = 256

function order(a: Entry, b: Entry): number {
  return compare(a.key, b.key) || compare(a.primary, b.primary)
}

function below({ key, isAfter }: EntryBound): IsBefore {
  return (entry) => {
    const order = compare(entry.key, key)
    return order < 0 || (isAfter && order === 0)
  }
}

/** The first of `count` places where `isBefore` is false; it must be true for all earlier places. */
function firstNot(count: number, isBefore: (place: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}

export class EntryList {
  readonly count: number
  /** No run is empty. */
  readonly #runs: readonly Run[]

  private constructor(runs: readonly Run[], count: number) {
    this.#runs = runs
    this.count = count
  }

  static of(entries: Entry[]): EntryList {
    entries.sort(order)
    const runs: Run[] = []
    for (let at = 0; at < entries.length; at += RUN) runs.push(entries.slice(at, at + RUN))
    return new EntryList(runs, entries.length)
  }

  /** The list after adding and removing entries, one after another; an entry to remove may be missing. */
  changed(steps: readonly EntryStep[]): EntryList {
    const runs = this.#runs.slice()
    let { count } = this
    for (const { entry, isGone } of steps) {
      const [at, place] = placeIn(runs, (other) => order(other, entry) < 0)
      if (!isGone) {
        put(runs, at, place, entry)
        count++
        continue
      }
      const found = runs[at]?.[place]
      if (found === undefined || order(found, entry) !== 0) continue
      if (runs[at].length === 1) runs.splice(at, 1)
      else runs[at] = runs[at].toSpliced(place, 1)
      count--
    }
    return new EntryList(runs, count)
  }

  /** The entries between two bounds, one per call; all of them by default; undefined after the last. */
  open(from?: EntryBound, to?: EntryBound, isDescending = false): () => Entry | undefined {
    const runs = this.#runs
    const [low, lowPlace] = from === undefined ? [0, 0] : placeIn(runs, below(from))
    const [high, highPlace] = to === undefined ? [runs.length, 0] : placeIn(runs, below(to))
    if (low > high || (low === high && lowPlace >= highPlace)) return () => undefined
    if (isDescending) {
      let at = high
      let place = highPlace
      return () => {
        if (place === 0) {
          if (at === low) return undefined
          place = runs[--at].length
        }
        if (at === low && place <= lowPlace) return undefined
        return runs[at][--place]
      }
    }
    let at = low
    let place = lowPlace
    return () => {
      if (at < runs.length && place === runs[at].length) {
        at++
        place = 0
      }
      if (at === high && place >= highPlace) return undefined
      return runs[at][place++]
    }
  }
}

/** Copies the run that an entry goes into and inserts it; past the last run, the entry goes to the end of that run. */
function put(runs: Run[], at: number, place: number, entry: Entry): void {
  if (at === runs.length && at > 0) {
    at--
    place = runs[at].length
  }
  const run = (runs[at] ?? []).toSpliced(place, 0, entry)
  if (run.length < 2 * RUN) runs[at] = run
  else runs.splice(at, 1, run.slice(0, RUN), run.slice(RUN))
}

/** Run and place of the first entry for which `isBefore` is false; past the last run where it is true for all. */
function placeIn(runs: readonly Run[], isBefore: IsBefore): [run: number, place: number] {
  const at = firstNot(runs.length, (i) => isBefore(runs[i].at(-1) as Entry))
  if (at === runs.length) return [at, 0]
  const run = runs[at]
  return [at, firstNot(run.length, (i) => isBefore(run[i]))]
}
