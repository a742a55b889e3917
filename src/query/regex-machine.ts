// A regular expression run as a set of states (K. Thompson, "Regular Expression Search Algorithm", CACM 1968): time is at most
// text times states, whatever the pattern. Used where backtracking could run away.

import type { RegexNode } from './regex-syntax.ts'

const ONE = 0
const FORK = 1
const ASSERT = 2
const FOUND = 3

/** Repetitions are written out; beyond this a pattern is refused. */
export const STATES_MAX = 10_000

export class TooManyStates extends Error {}

const LINE_END = /[\n\r\u2028\u2029]/

/** What one character of the pattern matches, remembered by character. */
class OneMatcher {
  private readonly regex: RegExp
  private readonly known = new Map<string, boolean>()

  constructor(source: string, flags: string) {
    this.regex = new RegExp(`^(?:${source})$`, flags.replace(/m/, ''))
  }

  test(character: string): boolean {
    let answer = this.known.get(character)
    if (answer === undefined) {
      answer = this.regex.test(character)
      if (this.known.size < 4096) this.known.set(character, answer)
    }
    return answer
  }
}

export class RegexMachine {
  // Of each state: what it is, where to go, and a second way or the number of a matcher or assertion.
  private readonly kinds: number[] = []
  private readonly next: number[] = []
  private readonly other: number[] = []
  private readonly ones: OneMatcher[] = []
  private readonly oneOf = new Map<string, number>()
  private readonly start: number
  private readonly flags: string
  private readonly word: OneMatcher
  private readonly isUnicode: boolean

  /** @throws {@link TooManyStates} */
  constructor(node: RegexNode, flags: string) {
    this.flags = flags
    this.isUnicode = /[uv]/.test(flags)
    this.word = new OneMatcher('\\w', flags)
    this.start = this.compile(node, this.state(FOUND, 0, 0))
  }

  get states(): number {
    return this.kinds.length
  }

  private state(kind: number, next: number, other: number): number {
    if (this.kinds.length >= STATES_MAX) throw new TooManyStates()
    this.kinds.push(kind)
    this.next.push(next)
    this.other.push(other)
    return this.kinds.length - 1
  }

  /** States that match `node` and go on at `after`; answers the first. */
  private compile(node: RegexNode, after: number): number {
    switch (node.kind) {
      case 'one':
        return this.state(ONE, after, this.matcher(node.source))
      case 'sequence':
        return node.of.reduceRight((next, part) => this.compile(part, next), after)
      case 'either':
        return node.of.map((branch) => this.compile(branch, after)).reduce((a, b) => this.state(FORK, a, b))
      case 'repeat':
        return this.repeat(node.of, node.least, node.most, after)
      case 'foreign':
        throw new Error('a part that only RegExp can match')
      default:
        return this.state(ASSERT, after, ['start', 'end', 'boundary', 'notBoundary'].indexOf(node.kind))
    }
  }

  private repeat(of: RegexNode, least: number, most: number, after: number): number {
    let first = after
    if (most === Infinity) {
      first = this.state(FORK, after, after)
      this.other[first] = this.compile(of, first)
    } else {
      for (let i = least; i < most; i++) first = this.state(FORK, after, this.compile(of, first))
    }
    for (let i = 0; i < least; i++) {
      const states = this.kinds.length
      first = this.compile(of, first)
      if (this.kinds.length === states) break // nothing in it: any number of times is the same
    }
    return first
  }

  private matcher(source: string): number {
    let number = this.oneOf.get(source)
    if (number === undefined) {
      number = this.ones.length
      this.ones.push(new OneMatcher(source, this.flags))
      this.oneOf.set(source, number)
    }
    return number
  }

  /** Whether the pattern is found anywhere in the text. */
  test(text: string): boolean {
    const { kinds, next, other, ones } = this
    const count = kinds.length
    let active: number[] = []
    let following: number[] = []
    // At which step a state was added last: each is added once a step.
    const added = new Int32Array(count).fill(-1)
    const stack: number[] = []
    let before = ''
    for (let at = 0, step = 0; ; step++) {
      const character =
        at >= text.length ? '' : this.isUnicode ? String.fromCodePoint(text.codePointAt(at)!) : text[at]!
      // Those that matched the last character, and a match that begins here.
      const roots = following
      roots.push(this.start)
      active = []
      for (const root of roots) {
        stack.push(root)
        while (stack.length > 0) {
          const state = stack.pop()!
          if (added[state] === step) continue
          added[state] = step
          const kind = kinds[state]
          if (kind === FOUND) return true
          if (kind === FORK) stack.push(other[state]!, next[state]!)
          else if (kind === ONE) active.push(state)
          else if (this.holds(other[state]!, before, character)) stack.push(next[state]!)
        }
      }
      if (character === '') return false
      following = []
      for (const state of active) if (ones[other[state]!]!.test(character)) following.push(next[state]!)
      before = character
      at += character.length
    }
  }

  /** Assertions between two characters; '' is an end of the text. */
  private holds(assertion: number, before: string, after: string): boolean {
    const isMultiline = this.flags.includes('m')
    if (assertion === 0) return before === '' || (isMultiline && LINE_END.test(before))
    if (assertion === 1) return after === '' || (isMultiline && LINE_END.test(after))
    const isBoundary = (before !== '' && this.word.test(before)) !== (after !== '' && this.word.test(after))
    return isBoundary === (assertion === 2)
  }
}
