// Regular expressions in filters, bounded. A pattern is matched by the platform's RegExp where backtracking cannot take
// long on the given text; otherwise by a machine whose time is at most text times states. What neither can do in
// bounded time is refused: look-around and back-references inside repetitions when the filter is made, otherwise when a
// long text is met.

import { LimitError, UsageError } from '../error/index.ts'
import { RegexMachine, STATES_MAX, TooManyStates } from './regex-machine.ts'
import { type Backtracking, backtrackingOf, isAnchored, isForeign, type RegexNode, readRegex } from './regex-syntax.ts'

/** Worst-case backtracking steps allowed for RegExp where there is an alternative. */
const STEPS_EASY = 1_000_000
/** The same where there is none: about a second. */
const STEPS_MAX = 100_000_000
const SOURCE_UNITS_MAX = 10_000
/** A pattern that only RegExp can match is refused at once if it could not run on a text of this length. */
const FOREIGN_UNITS_LEAST = 20

export interface BoundedRegex {
  /** Whether the pattern is found anywhere in `text`. */
  test(text: string): boolean
}

class Bounded implements BoundedRegex {
  private readonly regex: RegExp
  private readonly node: RegexNode
  private readonly backtracking: Backtracking
  private readonly easyUnits: number
  private machine: RegexMachine | undefined

  constructor(source: string, flags: string, where: string) {
    this.regex = new RegExp(source, flags)
    this.node = readRegex(source, flags)
    const { loops, choices } = backtrackingOf(this.node)
    // A match is tried at every position of the text, unless the pattern is anchored.
    this.backtracking = { loops: loops + (isAnchored(this.node, flags) ? 0 : 1), choices }
    this.easyUnits = unitsWithin(STEPS_EASY, this.backtracking)
    if (isForeign(this.node)) {
      if (unitsWithin(STEPS_MAX, this.backtracking) < FOREIGN_UNITS_LEAST) {
        throw new UsageError(
          `${where}: /${shortened(source)}/ could take exponential time: look-around and references back cannot be combined with ` +
            'repetitions of repetitions or choices, or many repetitions in a row; groups are not nested deeper than 200',
          { details: { path: where, pattern: source } },
        )
      }
      return
    }
    if (this.easyUnits < SOURCE_UNITS_MAX) this.prepare(source, flags, where)
  }

  private prepare(source: string, flags: string, where: string): void {
    try {
      this.machine = new RegexMachine(this.node, flags)
    } catch (error) {
      if (!(error instanceof TooManyStates)) throw error
      throw new UsageError(
        `${where}: /${shortened(source)}/ is too large: its repetitions written out make more than ${STATES_MAX} states`,
        { details: { path: where, pattern: source, limit: STATES_MAX } },
      )
    }
  }

  test(text: string): boolean {
    if (text.length <= this.easyUnits) return this.regex.test(text)
    if (this.machine === undefined) {
      if (isForeign(this.node)) this.refuseAbove(unitsWithin(STEPS_MAX, this.backtracking), text)
      return this.regex.test(text)
    }
    this.refuseAbove(Math.floor(STEPS_MAX / this.machine.states), text)
    return this.machine.test(text)
  }

  private refuseAbove(limit: number, text: string): void {
    if (text.length <= limit) return
    throw new LimitError(
      `the regular expression ${String(this.regex).slice(0, 200)} could take too long on a text of ${text.length} characters; this ` +
        `pattern is bounded to ${limit}`,
      { details: { limit, got: text.length } },
    )
  }
}

function shortened(source: string): string {
  return source.length <= 200 ? source : `${source.slice(0, 200)}...`
}

/** Maximum length of a text for which backtracking stays within `steps`. */
function unitsWithin(steps: number, { loops, choices }: Backtracking): number {
  if (loops === Infinity || choices > steps) return 0
  // A single pass over the text is not backtracking.
  return loops <= 1 && choices <= 64 ? Infinity : Math.floor((steps / choices) ** (1 / Math.max(1, loops)))
}

/**
 * Prepares a pattern.
 *
 * @param flags - out of `imsuv`.
 * @param where - path of the node, for messages.
 * @throws UsageError when it is not a valid pattern, is too large, or could run away.
 */
export function boundRegex(source: string, flags: string, where: string): BoundedRegex {
  if (source.length > SOURCE_UNITS_MAX) {
    throw new LimitError(`${where}: the pattern has ${source.length} characters; ${SOURCE_UNITS_MAX} is the most`, {
      details: { path: where, limit: SOURCE_UNITS_MAX, got: source.length },
    })
  }
  try {
    return new Bounded(source, flags, where)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new UsageError(`${where}: ${error.message}`, { details: { path: where, pattern: source }, cause: error })
  }
}
