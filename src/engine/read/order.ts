// Sorting in bounded steps: the first few entries in a heap, or all of them as sorted runs that are merged as they are
// taken.

/** A heap with the least entry on top. */
class Heap<T> {
  readonly entries: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  push(entry: T): void {
    const { entries } = this
    let at = entries.length
    entries.push(entry)
    while (at > 0) {
      const above = (at - 1) >>> 1
      if (this.#compare(entries[above]!, entry) <= 0) break
      entries[at] = entries[above]!
      at = above
    }
    entries[at] = entry
  }

  /** Replaces the least entry by another. */
  replaceFirst(entry: T): void {
    const { entries } = this
    const count = entries.length
    let at = 0
    for (let below = 1; below < count; below = at * 2 + 1) {
      if (below + 1 < count && this.#compare(entries[below + 1]!, entries[below]!) < 0) below++
      if (this.#compare(entries[below]!, entry) >= 0) break
      entries[at] = entries[below]!
      at = below
    }
    entries[at] = entry
  }

  removeFirst(): void {
    const last = this.entries.pop()!
    if (this.entries.length > 0) this.replaceFirst(last)
  }
}

/** Entries sorted at a time, which takes some milliseconds. */
const RUN = 4_096

interface Run<T> {
  readonly entries: readonly T[]
  at: number
}

/** Takes entries in any order and returns them sorted; no two may be equal. */
export class Sorter<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #kept: number
  /** The first `kept` entries, the last of them on top. */
  readonly #best: Heap<T>
  #run: T[] = []
  readonly #runs: Heap<Run<T>>

  /** @param kept - how many of the first entries are needed; Infinity for all. */
  constructor(compare: (a: T, b: T) => number, kept: number) {
    this.#compare = compare
    this.#kept = kept
    this.#best = new Heap((a, b) => compare(b, a))
    this.#runs = new Heap((a, b) => compare(a.entries[a.at]!, b.entries[b.at]!))
  }

  /** A new entry must come before this one to be kept; undefined while all are kept. */
  get bound(): T | undefined {
    const { entries } = this.#best
    return entries.length < this.#kept ? undefined : entries[0]
  }

  add(entry: T): void {
    if (this.#kept === Infinity) {
      this.#run.push(entry)
      if (this.#run.length === RUN) this.#endRun()
    } else if (this.#best.entries.length < this.#kept) this.#best.push(entry)
    else if (this.#compare(entry, this.#best.entries[0]!) < 0) this.#best.replaceFirst(entry)
  }

  /** Replaces the bound by an entry that comes before it; this may be the bound itself, changed. */
  replaceBound(entry: T): void {
    this.#best.replaceFirst(entry)
  }

  #endRun(): void {
    this.#run.sort(this.#compare)
    this.#runs.push({ entries: this.#run, at: 0 })
    this.#run = []
  }

  /** Called after the last entry was added, repeatedly until it returns true; then `take` may begin. */
  finish(): boolean {
    const { entries } = this.#best
    if (entries.length > 0) this.#run = entries.splice(-RUN)
    if (this.#run.length > 0) this.#endRun()
    return entries.length === 0
  }

  /** The next entry in order. */
  take(): T | undefined {
    const run = this.#runs.entries[0]
    if (run === undefined) return undefined
    const entry = run.entries[run.at++]
    if (run.at === run.entries.length) this.#runs.removeFirst()
    else this.#runs.replaceFirst(run)
    return entry
  }
}
