// Promise: where rows are of several languages, each text is read by the analyzer of its row, and a search by the one that it names.

import { describe, expect, it } from 'vitest'
import { DataType, FunctionType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { client, KEY, SUCCESS } from './fixture.ts'

const LANGUAGES = {
  analyzers: { english: { type: 'english' }, chinese: { type: 'chinese' }, default: { tokenizer: 'icu' } },
  by_field: 'language',
  alias: { cn: 'chinese', en: 'english' },
}

const ROWS = [
  { id: 1, language: 'english', text: 'Artificial intelligence is transforming technology' },
  { id: 2, language: 'en', text: 'Machine learning models require large datasets' },
  { id: 3, language: 'chinese', text: '\u4eba\u5de5\u667a\u80fd\u6b63\u5728\u6539\u53d8\u6280\u672f' },
  { id: 4, language: 'cn', text: '\u673a\u5668\u5b66\u4e60\u6a21\u578b' },
  { id: 5, language: 'klingon', text: 'models of learning' },
]

function declared(more: object = {}, beside: object[] = []) {
  return {
    collection_name: 'c',
    fields: [
      KEY,
      { name: 'language', data_type: DataType.VarChar, max_length: 20 },
      {
        name: 'text',
        data_type: DataType.VarChar,
        max_length: 200,
        enable_analyzer: true,
        multi_analyzer_params: LANGUAGES,
        ...more,
      },
      { name: 'words', data_type: DataType.SparseFloatVector },
      ...beside,
    ],
    functions: [{ name: 'f', type: FunctionType.BM25, input_field_names: ['text'], output_field_names: ['words'] }],
    index_params: [{ field_name: 'words', index_type: 'AUTOINDEX', metric_type: 'BM25' }],
  } as never
}

async function filled(): Promise<MilvusClient> {
  const made = client()
  await made.createCollection(declared())
  await made.insert({ collection_name: 'c', data: ROWS })
  return made
}

async function found(made: MilvusClient, text: string, analyzer_name?: string, more: object = {}): Promise<string[]> {
  const params = analyzer_name === undefined ? {} : { params: { analyzer_name } }
  const request = { collection_name: 'c', data: [text], anns_field: 'words', limit: 10, ...params, ...more }
  const { status, results } = await made.search(request as never)
  expect(status).toEqual(SUCCESS)
  return (results as unknown as { id: string }[]).map((hit) => hit.id)
}

describe('multi_analyzer_params', () => {
  it('reads each row by the analyzer of its language; it was kept, and all were read by the standard one', async () => {
    const made = await filled()
    expect(await found(made, 'model learns', 'english')).toEqual(['2'])
    expect(await found(made, 'model learns', 'en')).toEqual(['2'])
    expect(await found(made, '\u667a\u80fd', 'cn')).toEqual(['3'])
    expect(await found(made, '\u5b66\u4e60', 'chinese')).toEqual(['4'])
    // The default reads whole words, those of other analyzers included.
    expect(await found(made, 'models', 'default')).toEqual(['5'])
    expect(await found(made, 'models')).toEqual(['5'])
    expect(await found(made, 'models', 'constructor')).toEqual(['5'])
    expect(await found(made, 'is', 'english')).toEqual([])
  })

  it('keeps to the language and the text that a row has now', async () => {
    const made = await filled()
    await made.upsert({ collection_name: 'c', data: [{ id: 2, text: 'Databases grow' }], partial_update: true })
    expect(await found(made, 'model', 'en')).toEqual([])
    expect(await found(made, 'database', 'en')).toEqual(['2'])
    await made.upsert({ collection_name: 'c', data: [{ id: 2, language: 'other' }], partial_update: true })
    expect(await found(made, 'database', 'en')).toEqual([])
    expect(await found(made, 'Databases')).toEqual(['2'])
    await made.delete({ collection_name: 'c', ids: [2] })
    expect(await found(made, 'Databases')).toEqual([])
  })

  it('answers the fields alone, and searches by stored rows', async () => {
    const made = await filled()
    const { data } = await made.query({ collection_name: 'c', ids: [3] } as never)
    expect(data).toEqual([{ ...ROWS[2], id: '3' }])
    const raw = await made.query({ collection_name: 'c', filter: 'id == 3', output_fields: ['words'] })
    expect(raw.status.reason).toContain('not allowed to retrieve raw data')
    expect(await found(made, '', undefined, { data: undefined, ids: [4] })).toEqual(['4'])
  })

  it('marks the words of a hit as its row is read', async () => {
    const made = await filled()
    const marks = async (text: string, analyzer_name: string) => {
      const { results } = await made.search({
        collection_name: 'c',
        data: [text],
        anns_field: 'words',
        params: { analyzer_name },
        highlighter: { type: 0, highlight_search_text: true },
      } as never)
      return (results as unknown as { highlight: { text: { fragments: string[] } } }[])[0]!.highlight.text.fragments
    }
    expect(await marks('transform', 'en')).toEqual(['<em>transforming</em> technology'])
    expect(await marks('\u667a\u80fd', 'cn')).toEqual(['<em>\u667a\u80fd</em>\u6b63\u5728\u6539\u53d8\u6280\u672f'])
  })

  it('tells tokens by the name of an analyzer', async () => {
    const made = await filled()
    const tokens = async (request: object) => {
      const { status, results } = await made.runAnalyzer(request as never)
      expect(status).toEqual(SUCCESS)
      return results.map((one) => one.tokens.map(({ token }) => token))
    }
    const text = ['learning models', 'learning models']
    const field = { collection_name: 'c', field_name: 'text', text }
    expect(await tokens({ ...field, analyzer_names: ['en', 'default'] })).toEqual([
      ['learn', 'model'],
      ['learning', ' ', 'models'],
    ])
    expect(await tokens({ ...field, analyzer_names: ['en'] })).toEqual([
      ['learn', 'model'],
      ['learn', 'model'],
    ])
  })

  it('is refused where it makes no sense', async () => {
    const refusal = async (more: object): Promise<string> => {
      const error = await client()
        .createCollection(declared(more))
        .catch((thrown: Error) => thrown)
      return (error as Error).message
    }
    const params = (change: object) => ({ multi_analyzer_params: { ...LANGUAGES, ...change } })
    expect(await refusal(params({ analyzers: { english: { type: 'english' } } }))).toContain('default')
    expect(await refusal(params({ by_field: 'nowhere' }))).toContain('by_field nowhere')
    expect(await refusal(params({ by_field: undefined }))).toContain('by_field')
    expect(await refusal(params({ alias: { de: 'german' } }))).toContain('alias de')
    expect(await refusal({ multi_analyzer_params: '[]' })).toContain('an object')
    expect(await refusal({ enable_match: true })).toContain('enable_match')
    expect(await refusal({ analyzer_params: { type: 'english' } })).toContain('analyzer_params beside')
  })
})

describe('analyzer_params', () => {
  it('takes icu, which keeps what stands between words, and jieba with its options', async () => {
    const made = client()
    const tokens = async (text: string, analyzer_params: object) => {
      const { results } = await made.runAnalyzer({ text, analyzer_params })
      return results[0]!.tokens.map(({ token }) => token)
    }
    const text = '\u041f\u0440\u0438\u0432\u0435\u0442! \u041a\u0430\u043a?'
    const words = ['\u041f\u0440\u0438\u0432\u0435\u0442', '\u041a\u0430\u043a']
    expect(await tokens(text, { tokenizer: 'icu' })).toEqual([words[0], '!', ' ', words[1], '?'])
    expect(await tokens(text, { tokenizer: 'icu', filter: ['removepunct'] })).toEqual(words)
    const plain = await tokens('\u5411\u91cf db', { tokenizer: 'jieba' })
    expect(await tokens('\u5411\u91cf db', { tokenizer: { type: 'jieba', mode: 'exact', hmm: false } })).toEqual(plain)
    // Its words are words.
    const stop = { tokenizer: 'standard', filter: [{ type: 'stop', stop_words: ['jieba', 'icu'] }] }
    expect(await tokens('jieba icu here', stop)).toEqual(['here'])
  })

  it('says which filter there is not; it said that analyzer_params.filter is a string', async () => {
    const analyzer_params = { tokenizer: 'standard', filter: [{ type: 'pinyin', keep_original: true }] }
    const { status } = await client().runAnalyzer({ text: 'a', analyzer_params })
    expect(status.code).toBe(1100)
    expect(status.reason).toContain('no filter is called "pinyin"')
  })

  it('names an unknown parameter, whatever it is called; "constructor" became the text of a function', async () => {
    const analyzer_params = { tokenizer: 'standard', filter: [{ type: 'stop', constructor: ['a'] }] }
    const { status } = await client().runAnalyzer({ text: 'a', analyzer_params })
    expect(status.code).toBe(1100)
    expect(status.reason).toContain('unknown option "constructor"')
  })

  it('takes compounds, synonyms and patterns, and a list of stop words by its bare name', async () => {
    const made = client()
    const tokens = async (text: string, ...filter: object[]) => {
      const { status, results } = await made.runAnalyzer({ text, analyzer_params: { tokenizer: 'standard', filter } })
      expect(status).toEqual(SUCCESS)
      return results[0]!.tokens.map(({ token }) => token)
    }
    const word_list = ['dampf', 'schiff', 'fahrt', 'brot', 'backen', 'automat']
    expect(await tokens('dampfschifffahrt brotbackautomat', { type: 'decompounder', word_list })).toEqual([
      ...['dampf', 'schiff', 'fahrt', 'brotbackautomat'],
    ])
    expect(await tokens('testItem apple testCase banana', { type: 'regex', expr: '^(?!test)' })).toEqual([
      ...['apple', 'banana'],
    ])
    const synonyms = ['fast, quick => speedy', 'happy, joyful, cheerful']
    expect(await tokens('quick joyful', { type: 'synonym', synonyms, expand: false })).toEqual(['speedy', 'happy'])
    expect(await tokens('quick', { type: 'synonym', synonyms, expand: true })).toEqual(['quick', 'speedy'])
    expect(await tokens('in the house', { type: 'stop', stop_words: '_english_' })).toEqual(['house'])
  })

  it('finds rows by synonyms and parts of compounds, by BM25, text_match and phrase_match', async () => {
    const made = client()
    const analyzer_params = {
      tokenizer: 'standard',
      filter: [
        'lowercase',
        { type: 'synonym', synonyms: ['fast => speedy'], expand: true },
        { type: 'decompounder', word_list: ['dampf', 'schiff'] },
      ],
    }
    await made.createCollection(declared({ multi_analyzer_params: undefined, analyzer_params, enable_match: true }))
    const texts = ['A very fast car', 'Das Dampfschiff', 'nothing of it']
    const data = texts.map((text, i) => ({ id: i + 1, language: 'x', text }))
    await made.insert({ collection_name: 'c', data })
    expect(await found(made, 'speedy')).toEqual(['1'])
    expect(await found(made, 'schiff')).toEqual(['2'])
    for (const [filter, id] of [
      ['text_match(text, "speedy")', '1'],
      ['text_match(text, "dampf")', '2'],
      ['phrase_match(text, "very speedy car")', '1'],
      ['phrase_match(text, "very car")', undefined],
      ['phrase_match(text, "very fast car")', '1'],
      ['phrase_match(text, "das dampfschiff")', '2'],
    ] as const) {
      const { data } = await made.query({ collection_name: 'c', filter, output_fields: ['id'] })
      expect([filter, data]).toEqual([filter, id === undefined ? [] : [{ id }]])
    }
  })

  // Stems, folded letters and overlapping pieces were not found in the text, and had wrong offsets.
  it('shows the offsets and places of what a token was made from', async () => {
    const made = client()
    const details = async (text: string, analyzer_params: object) => {
      const { results } = await made.runAnalyzer({ text, analyzer_params, with_detail: true })
      return results[0]!.tokens.map((one) => [one.token, +one.start_offset, +one.end_offset, +one.position])
    }
    expect(
      await details('The \u00c9tudes running fast', {
        tokenizer: 'standard',
        filter: ['lowercase', 'asciifolding', 'stemmer', 'stop', { type: 'synonym', synonyms: ['fast, speedy'] }],
      }),
    ).toEqual([
      ['etud', 4, 11, 1],
      ['run', 12, 19, 2],
      ['fast', 20, 24, 3],
      ['speedy', 20, 24, 3],
    ])
    expect(await details('aab', { tokenizer: { type: 'ngram', min_gram: 1, max_gram: 2 } })).toEqual([
      ...[
        ['a', 0, 1, 0],
        ['aa', 0, 2, 1],
        ['a', 1, 2, 2],
        ['ab', 1, 3, 3],
        ['b', 2, 3, 4],
      ],
    ])
    expect(await details('bar foobar', { tokenizer: 'standard' })).toEqual([
      ['bar', 0, 3, 0],
      ['foobar', 4, 10, 1],
    ])
  })
})
