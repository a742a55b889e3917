// What is wrong with a text that is not JSON, in the words of the server's parser.

const EMPTY = 'The document is empty.'
const VALUE = 'Invalid value.'

/** The parser's complaint. Called only for texts that JSON.parse refuses. */
export function jsonComplaint(text: string): string {
  let at = 0
  const space = () => {
    while (' \t\n\r'.includes(text[at] ?? 'x')) at++
  }
  /** Skips a value; returns the complaint about it, or undefined. */
  const value = (): string | undefined => {
    space()
    const first = text[at]
    if (first === '{') return list('}', 'Missing a comma or } after an object member.', member)
    if (first === '[') return list(']', 'Missing a comma or ] after an array element.', value)
    if (first === '"') return string()
    const word = /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(text.slice(at))
    if (word === null) return VALUE
    at += word[0].length
    return undefined
  }
  const string = (): string | undefined => {
    for (at++; at < text.length; at++) {
      if (text[at] === '\\') at++
      else if (text[at] === '"') {
        at++
        return undefined
      }
    }
    return 'Missing a closing quotation mark in string.'
  }
  const member = (): string | undefined => {
    space()
    if (text[at] !== '"') return 'Missing a name for object member.'
    const wrong = string()
    if (wrong !== undefined) return wrong
    space()
    if (text[at] !== ':') return 'Missing a colon after a name of object member.'
    at++
    return value()
  }
  const list = (end: string, missing: string, item: () => string | undefined): string | undefined => {
    at++
    space()
    if (text[at] === end) {
      at++
      return undefined
    }
    for (;;) {
      const wrong = item()
      if (wrong !== undefined) return wrong
      space()
      const next = text[at++]
      if (next === end) return undefined
      if (next !== ',') return missing
    }
  }
  space()
  if (at === text.length) return EMPTY
  const wrong = value()
  if (wrong !== undefined) return wrong
  space()
  return at < text.length ? 'The document root must not be followed by other values.' : VALUE
}

/** A name that occurs twice in an object of the text, which must be JSON. */
export function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (const [token, end] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (end !== undefined) {
      const name = JSON.parse(token.slice(0, -end.length)) as string
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
