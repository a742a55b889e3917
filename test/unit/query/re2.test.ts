// Promise: patterns of RE2's syntax match what RE2 has them match. Flags of a group held for the whole pattern: `(?i:err)or` found "ERROR".

import { expect, it } from 'vitest'
import { PatternError, re2Pattern } from '../../../src/query/re2.ts'

function found(pattern: string, text: string): string | undefined {
  const { source, flags } = re2Pattern(pattern)
  return new RegExp(source, flags).exec(text)?.[0]
}

const CASES: [pattern: string, text: string, found: string | undefined][] = [
  // Flags of a group.
  ['(?i:err)or', 'ERRor', 'ERRor'],
  ['(?i:err)or', 'ERROR', undefined],
  ['a(?i)b|c', 'C', 'C'],
  ['(a(?i)b)c', 'aBC', undefined],
  ['(a(?i)b)c', 'aBc', 'aBc'],
  ['(?i)a(?-i:b)c', 'AbC', 'AbC'],
  ['(?i)a(?-i:b)c', 'ABC', undefined],
  ['(?i:[b-d]x)y', 'CXy', 'CXy'],
  ['(?i:[^b])y', 'By', undefined],
  ['(?i:[[:lower:]_]+)z', 'Q_z', 'Q_z'],
  ['(?i:\\Qa.b\\E)c', 'A.Bc', 'A.Bc'],
  ['(?i:\u00e9)t', '\u00c9t', '\u00c9t'],
  ['(?s:a.)b.', 'a\nb\n', undefined],
  ['(?s:a.)b', 'a\nb', 'a\nb'],
  ['(?m:^b$)', 'a\nb\nc', 'b'],
  ['(?m:^b)c$', 'a\nbc\nd', undefined],
  ['(?im:^b$)', 'a\nB\nc', 'B'],
  ['(?i-s:a.)', 'A\n', undefined],
  ['(?U:a+)', 'aaa', 'a'],
  ['(?U:a+?)', 'aaa', 'aaa'],
  ['(?U)a+', 'aaa', 'a'],
  // Flags of all.
  ['(?i)error', 'an ERROR', 'ERROR'],
  ['(?s)a.b', 'a\nb', 'a\nb'],
  ['(?m)^b$', 'a\nb', 'b'],
  ['(?m)\\Ab', 'a\nb', undefined],
  ['(?is)A.B', 'a\nb', 'a\nb'],
  // Everything else.
  ['[[:alpha:]_]+', '1a_2', 'a_'],
  ['[^[:space:]]+', ' ab ', 'ab'],
  ['[[:^digit:]]+', '12ab', 'ab'],
  ['[]a]+', 'x]a', ']a'],
  ['[^]a]+', ']xa', 'x'],
  ['[a\\]-]+', 'x]-a', ']-a'],
  ['[\\d-x]+', '1-x', '1-x'],
  ['[+--]+', 'a,-', ',-'],
  ['\\x41\\x{1F600}', 'A\u{1f600}', 'A\u{1f600}'],
  ['\\pL+\\p{Nd}', '\u00e9a7', '\u00e9a7'],
  ['\\p{Greek}+', 'a\u03b1\u03b2', '\u03b1\u03b2'],
  ['\\p{^Greek}', '\u03b1a', 'a'],
  ['\\Qa+b\\E+', 'a+bb', 'a+bb'],
  ['a{,2}', 'a{,2}', 'a{,2}'],
  ['x{2}y}', 'xxy}', 'xxy}'],
  ['\\"a\\@', '"a@', '"a@'],
  ['(?P<name>a)b', 'ab', 'ab'],
  ['^*a', 'a', 'a'],
  ['a.c', 'abc', 'abc'],
  ['\\s', '\u00a0', undefined],
  ['a|', 'b', ''],
  ['\\A(?:a|b)\\z', 'b', 'b'],
  ['\\.json$', 'report.json', '.json'],
]

it.each(CASES)('%j in %j', (pattern, text, want) => {
  expect(found(pattern, text)).toBe(want)
})

it.each(['(?=a)', 'a**', '(a', '[a', 'a\\', '\\9', '[z-a]', 'a{1001}', '\\p{Nothing}', '(?i', '(?z:a)'])(
  'refuses %j',
  (pattern) => {
    expect(() => re2Pattern(pattern)).toThrow(PatternError)
  },
)
