// Translates a pattern in RE2 syntax, already checked, into the host's syntax with flag `u`. Flags for only a part of
// the pattern are expanded, as not every host has them: letters into sets of both cases, dots into sets, line ends into
// look-around.

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

const NONE: Flags = { i: false, m: false, s: false, U: false }

/** What stands in sets for RE2's names and letters. They are ASCII's; of the letters the host's are. */
const NAMED: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
}
const NOT_NAMED: Readonly<Record<string, string>> = {
  alnum: '\\x00-\\/:-@\\[-`\\{-\\u{10ffff}',
  alpha: '\\x00-@\\[-`\\{-\\u{10ffff}',
  ascii: '\\x80-\\u{10ffff}',
  blank: '\\x00-\\x08\\n-\\x1f!-\\u{10ffff}',
  cntrl: ' -~\\x80-\\u{10ffff}',
  digit: '\\D',
  graph: '\\x00- \\x7f-\\u{10ffff}',
  lower: '\\x00-`\\{-\\u{10ffff}',
  print: '\\x00-\\x1f\\x7f-\\u{10ffff}',
  punct: '\\x00- 0-9A-Za-z\\x7f-\\u{10ffff}',
  space: '\\x00-\\x08\\x0e-\\x1f!-\\u{10ffff}',
  upper: '\\x00-@\\[-\\u{10ffff}',
  word: '\\W',
  xdigit: '\\x00-\\/:-@G-`g-\\u{10ffff}',
}
const SPACE = '\\t\\n\\f\\r '
const NOT_SPACE = '\\x00-\\x08\\v\\x0e-\\x1f!-\\u{10ffff}'
const ANY = '[\\s\\S]'

/** Ranges with up to this many code points are searched one by one for other cases. */
const RANGE_MAX = 2_000

function escaped(point: string, isInSet: boolean): string {
  return (isInSet ? /^[\\\]^[\-/{}()|&]$/ : /^[\^$\\.*+?()[\]{}|/]$/).test(point) ? `\\${point}` : point
}

/** The other cases of a letter; empty for anything else. */
function casesOf(point: string): string {
  const [lower, upper] = [point.toLowerCase(), point.toUpperCase()]
  const found = new Set([lower, upper, upper.toLowerCase()].filter((one) => [...one].length === 1 && one !== point))
  return [...found].join('')
}

class Writer {
  private readonly pattern: string
  /** Flags applied by the host, so that all parts are written as they are. */
  private readonly hostFlags: string
  private at: number
  private flags: Flags
  private readonly outer: Flags[] = []

  constructor(pattern: string, at: number, hostFlags: string, flags: Flags) {
    this.pattern = pattern
    this.at = at
    this.hostFlags = hostFlags
    this.flags = flags
  }

  write(): string {
    let source = ''
    while (this.at < this.pattern.length) {
      const atom = this.atom()
      const repetition = this.take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y)
      if (repetition === undefined) {
        source += atom
        continue
      }
      const isLazy = repetition.length > 1 && repetition.endsWith('?')
      const plain = isLazy ? repetition.slice(0, -1) : repetition
      // In the host something without width cannot be repeated, unless it is a group.
      const isBare = /^(?:[$^]|\\[bB]|\(\?[<=!].*\))$/.test(atom)
      source += (isBare ? `(?:${atom})` : atom) + plain + (isLazy !== this.flags.U ? '?' : '')
    }
    return source
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.pattern)?.[0]
    this.at += found?.length ?? 0
    return found
  }

  private point(): string {
    const point = String.fromCodePoint(this.pattern.codePointAt(this.at)!)
    this.at += point.length
    return point
  }

  private literal(point: string): string {
    const cases = this.flags.i ? casesOf(point) : ''
    return cases === '' ? escaped(point, false) : `[${escaped(point, true)}${cases}]`
  }

  private atom(): string {
    const { m, s } = this.flags
    switch (this.pattern[this.at]) {
      case '.':
        this.at++
        return s ? ANY : '.'
      case '^':
        this.at++
        return m ? '(?<=^|\\n)' : '^'
      case '$':
        this.at++
        return m ? '(?=$|\\n)' : '$'
      case '|':
        this.at++
        return '|'
      case ')':
        this.at++
        this.flags = this.outer.pop()!
        return ')'
      case '(':
        return this.group()
      case '[':
        return this.set()
      case '\\':
        return this.escape()
      default:
        return this.literal(this.point())
    }
  }

  private group(): string {
    const head = this.take(/\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?[:)]))?/y)!
    const given = /^\(\?([imsU]*)(?:-([imsU]+))?([:)])$/.exec(head)
    if (given === null || given[3] === ':') this.outer.push(this.flags)
    if (given === null) return head.replace('?P<', '?<')
    const next = { ...this.flags }
    for (const letter of given[1]!) next[letter as keyof Flags] = true
    for (const letter of given[2] ?? '') next[letter as keyof Flags] = false
    this.flags = next
    return given[3] === ':' ? '(?:' : ''
  }

  /** An escape that stands for one character, or undefined. */
  private escapedPoint(): string | undefined {
    const coded = this.take(/\\x\{[\dA-Fa-f]+\}|\\x[\dA-Fa-f]{2}|\\0[0-7]{0,2}/y)
    if (coded !== undefined) {
      const code =
        coded[1] === 'x' ? Number.parseInt(coded.replace(/\\x\{?/, ''), 16) : Number.parseInt(coded.slice(1), 8)
      return String.fromCodePoint(code)
    }
    const next = this.pattern[this.at + 1]!
    const control = 'afnrtv'.indexOf(next)
    if (control < 0 && /\w/.test(next)) return undefined
    this.at += 2
    return control < 0 ? next : '\x07\f\n\r\t\v'[control]
  }

  /** An escape that stands for a set, as written inside a set; otherwise undefined. */
  private escapedSet(): string | undefined {
    const property = this.take(/\\[pP](?:\{\^?\w+\}|\w)/y)
    if (property !== undefined) {
      const name = property.slice(2).replace(/[{}^]/g, '')
      const isNot = (property[1] === 'P') !== property.includes('^')
      return `\\${isNot ? 'P' : 'p'}{${name.length > 2 ? `Script=${name}` : name}}`
    }
    const letter = this.take(/\\[dDsSwW]/y)
    return letter === '\\s' ? SPACE : letter === '\\S' ? NOT_SPACE : letter
  }

  private escape(): string {
    const quoted = this.take(/\\Q[\s\S]*?(?:\\E|$)/y)
    if (quoted !== undefined) {
      return [...quoted.slice(2).replace(/\\E$/, '')].map((point) => this.literal(point)).join('')
    }
    const set = this.escapedSet()
    if (set !== undefined) return /^\\[pPdDwW]/.test(set) ? set : `[${set}]`
    const other = this.take(/\\[AzZbBCE]/y)
    const isLined = this.hostFlags.includes('m')
    if (other === '\\A') return isLined ? `(?<!${ANY})` : '^'
    if (other === '\\z' || other === '\\Z') return isLined ? `(?!${ANY})` : '$'
    if (other !== undefined) return other === '\\C' ? ANY : other === '\\E' ? '' : other
    const point = this.escapedPoint()
    if (point === undefined) throw new SyntaxError(`no escape sequence: ${this.pattern.slice(this.at, this.at + 8)}`)
    return this.literal(point)
  }

  private set(): string {
    let source = this.take(/\[\^?/y)!
    for (let isFirst = true; ; isFirst = false) {
      if (this.pattern[this.at] === ']' && !isFirst) break
      const [named, not, name] = /^\[:(\^?)(\w+):\]/.exec(this.pattern.slice(this.at, this.at + 16)) ?? []
      const one = name === undefined ? undefined : (not ? NOT_NAMED : NAMED)[name]
      if (one !== undefined) {
        this.at += named!.length
        source += this.flags.i && /^(?:lower|upper)$/.test(name!) ? (not ? NOT_NAMED : NAMED)['alpha'] : one
        continue
      }
      source += (this.pattern[this.at] === '\\' ? this.escapedSet() : undefined) ?? this.range()
    }
    this.at++
    return `${source}]`
  }

  /** One character of a set, or a range. */
  private range(): string {
    const first = this.setPoint()
    const isRange =
      this.pattern[this.at] === '-' && !/^-(?:\]|\\[dDsSwWpP]|$)/.test(this.pattern.slice(this.at, this.at + 3))
    if (!isRange) return escaped(first, true) + (this.flags.i ? casesOf(first) : '')
    this.at++
    const last = this.setPoint()
    let source = `${escaped(first, true)}-${escaped(last, true)}`
    const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!]
    if (!this.flags.i || to - from > RANGE_MAX) return source
    const cases = new Set<string>()
    for (let code = from; code <= to; code++) for (const one of casesOf(String.fromCodePoint(code))) cases.add(one)
    for (const one of cases) source += escaped(one, true)
    return source
  }

  private setPoint(): string {
    return (this.pattern[this.at] === '\\' ? this.escapedPoint() : undefined) ?? this.point()
  }
}

/** A pattern that RE2 accepts, as the host's source and flags. */
export function hostPattern(pattern: string): { source: string; flags: string } {
  const [head, letters] = /^\(\?([imsU]+)\)/.exec(pattern) ?? ['', '']
  const isUniform =
    !letters.includes('U') && !/\(\?[imsU]*(?:-[imsU]+)?[:)]/.test(pattern.slice(head.length).replaceAll('(?:', ''))
  const start = isUniform
    ? NONE
    : (Object.fromEntries([...letters].map((letter) => [letter, true])) as unknown as Flags)
  const flags = isUniform ? [...new Set(letters)].join('') : ''
  return { source: new Writer(pattern, head.length, flags, { ...NONE, ...start }).write(), flags: `u${flags}` }
}
