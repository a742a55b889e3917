// Promise: every language that Milvus' stemmer knows can be named, and any call may be the first to need its stems.

import { expect, it, vi } from 'vitest'
import { DataType, FunctionType } from '../../../src/dialect/milvus/index.ts'
import { KEY, SUCCESS } from './fixture.ts'

/** As in a process of its own: no stems are loaded yet. */
async function newClient() {
  vi.resetModules()
  return (await import('./fixture.ts')).client()
}

const stems = (language: string) => ({ tokenizer: 'standard', filter: ['lowercase', { type: 'stemmer', language }] })
const TEXT = { name: 'text', data_type: DataType.VarChar, max_length: 200, enable_analyzer: true }
const WORDS = { name: 'words', data_type: DataType.SparseFloatVector }
const BM25 = [{ name: 'f', type: FunctionType.BM25, input_field_names: ['text'], output_field_names: ['words'] }]
const INDEXES = [{ field_name: 'words', index_type: 'AUTOINDEX', metric_type: 'BM25' }]

// They were refused: the stemmer was there in English alone.
it('tells tokens', async () => {
  const made = await newClient()
  const tokens = async (text: string, language: string) => {
    const { status, results } = await made.runAnalyzer({ text, analyzer_params: stems(language) } as never)
    expect(status).toEqual(SUCCESS)
    return results[0]!.tokens.map(({ token }) => token)
  }
  expect(await tokens('Häuser am See', 'german')).toEqual(['haus', 'am', 'see'])
  expect(await tokens('Les chevaux', 'French')).toEqual(['le', 'cheval'])
  expect(await tokens('Библиотеками', 'russian')).toEqual(['библиотек'])
})

it('searches and matches texts', async () => {
  const made = await newClient()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, { ...TEXT, enable_match: true, analyzer_params: stems('spanish') }, WORDS],
    functions: BM25,
    index_params: INDEXES,
  } as never)
  await made.insert({
    collection_name: 'c',
    data: [
      { id: 1, text: 'Corriendo por las bibliotecas' },
      { id: 2, text: 'Un barco' },
    ],
  })
  const filter = 'text_match(text, "biblioteca")'
  const { status, data } = await made.query({ collection_name: 'c', filter, output_fields: ['id'] })
  expect([status, data]).toEqual([SUCCESS, [{ id: '1' }]])
  const { results } = await made.search({
    collection_name: 'c',
    data: ['correr'],
    anns_field: 'words',
    limit: 5,
  } as never)
  expect((results as unknown as { id: string }[]).map(({ id }) => id)).toEqual(['1'])
})

it('reads rows that name their language, and writes each of them once', async () => {
  const made = await newClient()
  const analyzers = { de: stems('german'), sv: stems('swedish'), default: { type: 'standard' } }
  await made.createCollection({
    collection_name: 'c',
    fields: [
      { ...KEY, autoID: true },
      { name: 'language', data_type: DataType.VarChar, max_length: 20 },
      { ...TEXT, multi_analyzer_params: { analyzers, by_field: 'language' } },
      WORDS,
    ],
    functions: BM25,
    index_params: INDEXES,
  } as never)
  const data = [
    { language: 'de', text: 'Häuser' },
    { language: 'sv', text: 'biblioteken' },
  ]
  const { status, insert_cnt } = await made.insert({ collection_name: 'c', data })
  expect([status, insert_cnt]).toEqual([SUCCESS, '2'])
  const found = async (text: string, analyzer_name: string) => {
    const request = { collection_name: 'c', data: [text], anns_field: 'words', limit: 5, params: { analyzer_name } }
    const { results } = await made.search({ ...request, output_fields: ['text'] } as never)
    return (results as unknown as { text: string }[]).map(({ text }) => text)
  }
  expect(await found('Haus', 'de')).toEqual(['Häuser'])
  expect(await found('bibliotek', 'sv')).toEqual(['biblioteken'])
  const { data: counted } = await made.query({ collection_name: 'c', filter: '', output_fields: ['count(*)'] })
  expect(counted).toEqual([{ 'count(*)': '2' }])
})
