// The structure of a regular expression, as far as matching without captures needs it. The platform's RegExp has
// already accepted the pattern: this reader only finds its parts, and leaves to RegExp what a single character matches.

export type RegexNode =
  /** One character; `source` is the part of the pattern that describes it. */
  | { readonly kind: 'one'; readonly source: string }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'notBoundary' }
  | { readonly kind: 'sequence'; readonly of: readonly RegexNode[] }
  | { readonly kind: 'either'; readonly of: readonly RegexNode[] }
  /** `most` is Infinity for an open end. */
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly least: number; readonly most: number }
  /**
   * Look-around, back-references, and anything else not regular. `choices`: ways to match at one position, besides
   * those of `of`.
   */
  | { readonly kind: 'foreign'; readonly of: readonly RegexNode[]; readonly choices?: number }

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/
const GROUP = /^\(\?(?::|<[^=!][^>]*>)/
const LOOK_AROUND = /^\(\?<?[=!]/
/** Flags for the inside of a group. */
const MODIFIERS = /^\(\?[ims]*(?:-[ims]*)?:/
/** Elements of sets that match several characters, and so in several ways. */
const STRINGS = /^\\(?:q\{|p\{(?:Basic_Emoji|Emoji_Keycap_Sequence|RGI_))/
/** A part that is not read: it could be anything. */
const UNREAD: RegexNode = { kind: 'foreign', of: [], choices: Infinity }
const ESCAPE = /^\\(?:c[A-Za-z]|0[0-7]{0,2}|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|[\s\S])/
const ESCAPE_UNICODE =
  /^\\(?:c[A-Za-z]|x[\dA-Fa-f]{2}|u\{[\dA-Fa-f]+\}|u[Dd][89ABab][\dA-Fa-f]{2}\\u[Dd][C-Fc-f][\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|[pP]\{[^}]*\}|[\s\S])/u

class Reader {
  private at = 0
  private depth = 0
  private readonly source: string
  private readonly isUnicode: boolean
  private readonly hasSets: boolean

  constructor(source: string, flags: string) {
    this.source = source
    this.hasSets = flags.includes('v')
    this.isUnicode = this.hasSets || flags.includes('u')
  }

  either(): RegexNode {
    // Nobody writes a pattern that deep.
    if (++this.depth > 200) return this.unread()
    const branches = [this.sequence()]
    while (this.source[this.at] === '|') {
      this.at++
      branches.push(this.sequence())
    }
    this.depth--
    return branches.length === 1 ? branches[0]! : { kind: 'either', of: branches }
  }

  /** Nothing after it is read either, since its end is unknown. */
  private unread(): RegexNode {
    this.at = this.source.length
    return UNREAD
  }

  private sequence(): RegexNode {
    const parts: RegexNode[] = []
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      const part = this.part()
      parts.push(this.quantified(part))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', of: parts }
  }

  private take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.source.slice(this.at, this.at + 4096))
    if (found === null) return undefined
    this.at += found[0].length
    return found[0]
  }

  private quantified(of: RegexNode): RegexNode {
    const found = QUANTIFIER.exec(this.source.slice(this.at, this.at + 64))
    if (found === null) return of
    this.at += found[0].length
    const [text, least, comma, most] = found
    if (text[0] === '*') return { kind: 'repeat', of, least: 0, most: Infinity }
    if (text[0] === '+') return { kind: 'repeat', of, least: 1, most: Infinity }
    if (text[0] === '?') return { kind: 'repeat', of, least: 0, most: 1 }
    const end = comma === undefined ? Number(least) : most === '' ? Infinity : Number(most)
    return { kind: 'repeat', of, least: Number(least), most: end }
  }

  private part(): RegexNode {
    const { source } = this
    switch (source[this.at]) {
      case '^':
        this.at++
        return { kind: 'start' }
      case '$':
        this.at++
        return { kind: 'end' }
      case '(':
        return this.group()
      case '[':
        return this.set()
      case '\\':
        return this.escape()
      default: {
        const point = this.isUnicode ? String.fromCodePoint(source.codePointAt(this.at)!) : source[this.at]!
        this.at += point.length
        return { kind: 'one', source: point }
      }
    }
  }

  private group(): RegexNode {
    let isForeign = false
    if (this.take(GROUP) === undefined) {
      isForeign = this.take(LOOK_AROUND) !== undefined || this.take(MODIFIERS) !== undefined
      if (!isForeign) {
        // Syntax of a later edition.
        if (this.source.startsWith('(?', this.at)) return this.unread()
        this.at++
      }
    }
    const of = this.either()
    this.at++
    return isForeign ? { kind: 'foreign', of: [of] } : of
  }

  private set(): RegexNode {
    const from = this.at
    let depth = 0
    let isForeign = false
    for (; this.at < this.source.length; this.at++) {
      const unit = this.source[this.at]
      if (unit === '\\') {
        if (this.hasSets && STRINGS.test(this.source.slice(this.at, this.at + 64))) isForeign = true
        this.at++
      } else if (unit === '[') {
        if (this.hasSets || depth === 0) depth++
      } else if (unit === ']' && --depth === 0) {
        break
      }
    }
    this.at++
    const source = this.source.slice(from, this.at)
    // One of its strings can be a prefix of another.
    return isForeign ? { kind: 'foreign', of: [], choices: source.length } : { kind: 'one', source }
  }

  private escape(): RegexNode {
    const next = this.source[this.at + 1]!
    if (next === 'b' || next === 'B') {
      this.at += 2
      return { kind: next === 'b' ? 'boundary' : 'notBoundary' }
    }
    const source = this.take(this.isUnicode ? ESCAPE_UNICODE : ESCAPE)!
    if (this.hasSets && STRINGS.test(source)) return { kind: 'foreign', of: [], choices: 8 }
    if (source === '\\c' || /[1-9k]/.test(next)) return { kind: 'foreign', of: [] }
    return { kind: 'one', source }
  }
}

/** The parts of a pattern that RegExp has accepted. */
export function readRegex(source: string, flags: string): RegexNode {
  return new Reader(source, flags).either()
}

/** Whether it has parts that only RegExp itself can match. */
export function isForeign(node: RegexNode): boolean {
  switch (node.kind) {
    case 'foreign':
      return true
    case 'sequence':
    case 'either':
      return node.of.some(isForeign)
    case 'repeat':
      return isForeign(node.of)
    default:
      return false
  }
}

/**
 * The worst case of a backtracking matcher from one start: `choices` times the text's length to the power of `loops`
 * steps.
 */
export interface Backtracking {
  readonly loops: number
  readonly choices: number
}

/** Infinite where choices are inside a repetition, which can take exponential time. */
export function backtrackingOf(node: RegexNode): Backtracking {
  switch (node.kind) {
    case 'sequence':
      return product(node.of.map(backtrackingOf))
    case 'foreign': {
      const { loops, choices } = product(node.of.map(backtrackingOf))
      return { loops, choices: choices * (node.choices ?? 1) }
    }
    case 'either': {
      const branches = node.of.map(backtrackingOf)
      const loops = Math.max(...branches.map((branch) => branch.loops))
      return { loops, choices: branches.reduce((sum, branch) => sum + branch.choices, 0) }
    }
    case 'repeat': {
      const inner = backtrackingOf(node.of)
      if (node.most > 1 && (inner.loops > 0 || inner.choices > 1)) return { loops: Infinity, choices: 1 }
      if (node.most === Infinity) return { loops: 1, choices: 1 }
      return { loops: inner.loops, choices: inner.choices * (node.most - node.least + 1) }
    }
    default:
      return { loops: 0, choices: 1 }
  }
}

function product(parts: readonly Backtracking[]): Backtracking {
  return parts.reduce((all, part) => ({ loops: all.loops + part.loops, choices: all.choices * part.choices }), {
    loops: 0,
    choices: 1,
  })
}

/** Whether a match can only begin at the start of the text. */
export function isAnchored(node: RegexNode, flags: string): boolean {
  if (flags.includes('m')) return false
  if (node.kind === 'sequence') return node.of.length > 0 && isAnchored(node.of[0]!, flags)
  if (node.kind === 'either') return node.of.every((branch) => isAnchored(branch, flags))
  return node.kind === 'start'
}
