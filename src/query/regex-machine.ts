// Runs a regular expression as a set of states (K. Thompson, "Regular Expression Search Algorithm", CACM 1968): the
// time is at most text times states, whatever the pattern. Used where backtracking could run away.

import type { RegexNode } from './regex-syntax.ts'

const ONE = 0
const FORK = 1
const ASSERT = 2
const FOUND = 3

/** Repetitions are expanded; a pattern with more states is refused. */
export const STATES_MAX = 10_000

export class TooManyStates extends Error {}

const LINE_END = /[\n\r\u2028\u2029]/

/** Which characters one element of the pattern matches, cached by character. */
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

/** Characters below this have an array slot in every step. */
const NEAR = 128
/** Approximate limit of the numbers held by all steps of a machine: some megabytes. */
const HELD_MAX = 500_000
/** Computing and caching a transition takes as long as simulating this many characters. */
const FOLLOWED_CHARACTERS = 16

/**
 * The set of states that are alive between two characters. Most texts meet a few of these again and again: each
 * transition is computed once, and looking it up takes a twentieth of a step of the simulation.
 */
class Step {
  readonly roots: readonly number[]
  /** A character that represents the last one in assertions; '' at the start of the text. */
  readonly before: string
  /** By character: undefined is not computed yet, null means found. */
  readonly near = new Array<Step | null | undefined>(NEAR)
  readonly far = new Map<number, Step | null>()
  isFoundAtEnd: boolean | undefined

  constructor(roots: readonly number[], before: string) {
    this.roots = roots
    this.before = before
  }
}

export class RegexMachine {
  // For each state: its kind, the next state, and a second one or the number of a matcher or assertion.
  private readonly kinds: number[] = []
  private readonly next: number[] = []
  private readonly other: number[] = []
  private readonly ones: OneMatcher[] = []
  private readonly oneOf = new Map<string, number>()
  private readonly start: number
  private readonly flags: string
  private readonly word: OneMatcher
  private readonly isUnicode: boolean
  private readonly steps = new Map<string, Step>()
  private first = new Step([], '')
  /** Approximate count of numbers held by the steps. */
  private held = 0
  /** Characters of all texts, and how many of them needed a new transition. */
  private characters = 0
  private followed = 0
  private isSimulated = false
  /** The last advance in which a state was added: each is added once per advance. */
  private readonly added: Float64Array
  private mark = 0
  private readonly stack: number[] = []

  /** @throws {@link TooManyStates} */
  constructor(node: RegexNode, flags: string) {
    this.flags = flags
    this.isUnicode = /[uv]/.test(flags)
    this.word = new OneMatcher('\\w', flags)
    this.start = this.compile(node, this.state(FOUND, 0, 0))
    this.added = new Float64Array(this.kinds.length)
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

  /** Creates states that match `node` and continue at `after`; returns the first. */
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
      if (this.kinds.length === states) break // the body is empty: any number of repetitions is the same
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

  /** Whether the pattern occurs anywhere in the text. */
  test(text: string): boolean {
    if (this.isSimulated) return this.simulate(text)
    this.characters += text.length
    let step = this.first
    for (let at = 0; at < text.length; at++) {
      const code = this.isUnicode ? text.codePointAt(at)! : text.charCodeAt(at)
      const known = code < NEAR ? step.near[code] : step.far.get(code)
      const next = known === undefined ? this.follow(step, code) : known
      if (next === null) return true
      if (next === undefined) return this.simulate(text)
      step = next
      if (code > 0xffff) at++
    }
    step.isFoundAtEnd ??= this.advance(step.roots, step.before, '') === null
    return step.isFoundAtEnd
  }

  /** The same without caching, for texts that hardly ever meet a step again. */
  private simulate(text: string): boolean {
    let roots: number[] | null = []
    let before = ''
    for (let at = 0; at < text.length; at += before.length) {
      const character = this.isUnicode ? String.fromCodePoint(text.codePointAt(at)!) : text[at]!
      roots = this.advance(roots, before, character)
      if (roots === null) return true
      before = character
    }
    return this.advance(roots, before, '') === null
  }

  /** The step after a character. Null: the pattern is found before it. Undefined: texts are simulated from now on. */
  private follow(step: Step, code: number): Step | null | undefined {
    const character = this.isUnicode ? String.fromCodePoint(code) : String.fromCharCode(code)
    const roots = this.advance(step.roots, step.before, character)
    const next = roots === null ? null : this.stepOf(roots, character)
    this.followed++
    if (code < NEAR) {
      step.near[code] = next
    } else {
      step.far.set(code, next)
      this.hold(4)
    }
    return this.isSimulated ? undefined : next
  }

  /** The step for these states after this character; an existing one already has its transitions. */
  private stepOf(states: readonly number[], before: string): Step {
    const roots = [...new Set(states)].sort((a, b) => a - b)
    const key = `${LINE_END.test(before)} ${this.word.test(before)} ${roots.join()}`
    let step = this.steps.get(key)
    if (step === undefined) {
      this.hold(roots.length + NEAR)
      step = new Step(roots, before)
      this.steps.set(key, step)
    }
    return step
  }

  /** Counts what steps hold; beyond the limit all are dropped, and rebuilt as texts need them. */
  private hold(numbers: number): void {
    this.held += numbers
    if (this.held <= HELD_MAX) return
    this.steps.clear()
    this.first = new Step([], '')
    this.held = 0
    this.isSimulated = this.followed * FOLLOWED_CHARACTERS > this.characters
  }

  /** The states after a character; null if the pattern is found before it. */
  private advance(roots: readonly number[], before: string, character: string): number[] | null {
    const { kinds, next, other, ones, added, stack } = this
    const mark = ++this.mark
    const following: number[] = []
    // The states that matched the last character, and a match that begins here.
    for (let root = -1; root < roots.length; root++) {
      stack.push(root < 0 ? this.start : roots[root]!)
      while (stack.length > 0) {
        const state = stack.pop()!
        if (added[state] === mark) continue
        added[state] = mark
        const kind = kinds[state]
        if (kind === FOUND) {
          stack.length = 0
          return null
        }
        if (kind === FORK) stack.push(other[state]!, next[state]!)
        else if (kind === ASSERT) {
          if (this.holds(other[state]!, before, character)) stack.push(next[state]!)
        } else if (character !== '' && ones[other[state]!]!.test(character)) following.push(next[state]!)
      }
    }
    return following
  }

  /** Whether an assertion holds between two characters; '' is an end of the text. */
  private holds(assertion: number, before: string, after: string): boolean {
    const isMultiline = this.flags.includes('m')
    if (assertion === 0) return before === '' || (isMultiline && LINE_END.test(before))
    if (assertion === 1) return after === '' || (isMultiline && LINE_END.test(after))
    const isBoundary = (before !== '' && this.word.test(before)) !== (after !== '' && this.word.test(after))
    return isBoundary === (assertion === 2)
  }
}
