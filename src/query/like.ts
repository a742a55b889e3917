// SQL's `like` in JavaScript: `%` is any run of characters, `_` one code point, a backslash escapes the next character
// (at the very end it stands for itself). assembly/filter/like.ts does the same over UTF-8.

const ONE = Symbol('_')
const RUN = Symbol('%')
export type LikeToken = string | typeof ONE | typeof RUN

/** One token per code point. */
export function likeTokens(pattern: string): LikeToken[] {
  const tokens: LikeToken[] = []
  const points = [...pattern]
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!
    if (point === '%') tokens.push(RUN)
    else if (point === '_') tokens.push(ONE)
    else if (point === '\\' && i + 1 < points.length) tokens.push(points[++i]!)
    else tokens.push(point)
  }
  return tokens
}

/** A pattern reduced to a simpler test, where possible. */
export type LikeForm =
  | { readonly kind: 'equals' | 'startsWith' | 'endsWith' | 'contains'; readonly text: string }
  | { readonly kind: 'like' }

export function likeForm(pattern: string): LikeForm {
  const tokens = likeTokens(pattern)
  let from = 0
  let to = tokens.length
  while (from < to && tokens[from] === RUN) from++
  while (to > from && tokens[to - 1] === RUN) to--
  const inner = tokens.slice(from, to)
  if (!inner.every((token) => typeof token === 'string')) return { kind: 'like' }
  const text = inner.join('')
  const isOpenBefore = from > 0
  const isOpenAfter = to < tokens.length || (isOpenBefore && text === '')
  if (isOpenBefore) return { kind: isOpenAfter ? 'contains' : 'endsWith', text }
  return { kind: isOpenAfter ? 'startsWith' : 'equals', text }
}

/** Backtracks to the last `%` only: the time is at most text times pattern. */
export function likeMatches(tokens: readonly LikeToken[], text: string): boolean {
  const points = [...text]
  let token = 0
  let at = 0
  let runToken = -1
  let runAt = 0
  while (at < points.length) {
    const wanted = tokens[token]
    if (wanted === RUN) {
      runToken = token++
      runAt = at
    } else if (token < tokens.length && (wanted === ONE || wanted === points[at])) {
      token++
      at++
    } else if (runToken >= 0) {
      token = runToken + 1
      at = ++runAt
    } else {
      return false
    }
  }
  while (tokens[token] === RUN) token++
  return token === tokens.length
}
