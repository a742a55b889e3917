// Promise: the analyzers of a full-text index split texts by the vendor's rules, in documents and in what is searched for.

import { expect, it } from 'vitest'
import type { FulltextAnalyzerConfig } from '../../../src/dialect/seekdb/index.ts'
import { plainCollection } from './fixtures.ts'

/** The documents that a full-text search finds, joined by ` | `, in the order they were added. */
async function found(fulltextConfig: FulltextAnalyzerConfig, documents: string[], text: string): Promise<string> {
  const hnsw = { dimension: 3 }
  const collection = await plainCollection({ configuration: { hnsw, fulltextConfig } })
  await collection.add({ ids: documents.map((_, i) => `${i}`), documents, embeddings: documents.map(() => [1, 2, 3]) })
  const { ids } = await collection.hybridSearch({ query: { whereDocument: { $contains: text } } })
  return ids[0]!
    .map(Number)
    .sort()
    .map((i) => documents[i])
    .join(' | ')
}

// A word before a comma or a full stop was not found.
it.each([
  ['space', 'language', 'A language, widely used.'],
  ['space', 'used', 'A language, widely used.'],
  ['space', 'example', 'ann@example.com'],
  ['space', 'case', ''],
  ['space', 'snake_case', 'in snake_case'],
  ['beng', 'used', 'A language, widely used.'],
  ['beng', 'case', 'in snake_case'],
] as const)('%s finds %s where punctuation ends it', async (analyzer, text, expected) => {
  const documents = ['A language, widely used.', 'ann@example.com', 'in snake_case']
  expect(await found({ analyzer }, documents, text)).toBe(expected)
})

// Words of one and two letters were found everywhere: those with `a` beside the one with `cat`.
it.each(['space', 'beng'] as const)('%s takes words of 3 to 84 characters unless told otherwise', async (analyzer) => {
  const documents = ['a cat', 'a dog', 'x'.repeat(85)]
  expect(await found({ analyzer }, documents, 'a cat')).toBe('a cat')
  expect(await found({ analyzer }, documents, 'x'.repeat(85))).toBe('')
  expect(await found({ analyzer, properties: { min_token_size: 1 } }, documents, 'a cat')).toBe('a cat | a dog')
  expect(await found({ analyzer, properties: { max_token_size: 10 } }, ['elevenchars'], 'elevenchars')).toBe('')
  // Characters, not bytes.
  const two = '\u4e16\u754c'
  expect(await found({ analyzer }, [two], two)).toBe('')
  expect(await found({ analyzer, properties: { min_token_size: 2 } }, [two], two)).toBe(two)
})

// Every document that ended in `d.` was found.
it('ngram cuts words alone, not the punctuation beside them', async () => {
  const documents = ['Hello, world.', 'A bad end.', 'C++']
  expect(await found({ analyzer: 'ngram' }, documents, 'World.')).toBe('Hello, world.')
  expect(await found({ analyzer: 'ngram' }, documents, 'en')).toBe('A bad end.')
  expect(await found({ analyzer: 'ngram' }, documents, '++')).toBe('')
  expect(
    await found({ analyzer: 'ngram2', properties: { min_ngram_size: 3, max_ngram_size: 4 } }, documents, 'ld.'),
  ).toBe('')
  expect(await found({ analyzer: 'ngram', properties: { ngram_token_size: 3 } }, documents, 'orl')).toBe(
    'Hello, world.',
  )
})

// Words with anything but Han characters, ASCII letters and digits in them were not found.
it.each([
  ['caf\u00e9', 'un caf\u00e9'],
  ['\u043c\u0438\u0440', '\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440'],
  ['\u3053\u3093\u306b\u3061\u306f', '\u3053\u3093\u306b\u3061\u306f\u4e16\u754c'],
  ['\u4e16\u754c', '\u3053\u3093\u306b\u3061\u306f\u4e16\u754c'],
  ['\ud55c\uad6d', '\ud55c\uad6d\uc5b4 \ubb38\uc11c'],
  ['\u0939\u093f\u0928\u094d\u0926\u0940', '\u0939\u093f\u0928\u094d\u0926\u0940'],
])('ik finds %s', async (text, expected) => {
  const documents = [
    'un caf\u00e9',
    '\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440',
    '\u3053\u3093\u306b\u3061\u306f\u4e16\u754c',
    '\ud55c\uad6d\uc5b4 \ubb38\uc11c',
    '\u0939\u093f\u0928\u094d\u0926\u0940',
  ]
  expect(await found({ analyzer: 'ik' }, documents, text)).toBe(expected)
})
