// Promise: a program typed against the SDK compiles when only its import changes. One program, checked by TypeScript with either.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function complaints(module: string, text: string): string[] {
  const path = here('program.ts')
  const source = text.replace('MODULE', module)
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.readFile = (name) => (name === path ? source : readFile(name))
  host.getSourceFile = (name, version) =>
    name === path ? ts.createSourceFile(name, source, version) : getSourceFile(name, version)
  const program = ts.createProgram([path], options, host)
  return ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ start = 0, file, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

const OURS = '../../../src/dialect/milvus/index.ts'

it.each(['@zilliz/milvus2-sdk-node', OURS])('compiles with %s', (module) => {
  expect(complaints(module, readFileSync(here('program.txt'), 'utf8'))).toEqual([])
})

// LangChain's and Flowise's stores are written so. The SDK lost this with 2.6: there the hits of one query were lists of hits.
const OF_THE_SDK_2_5 = `
import { DataType, MilvusClient, type HybridSearchSingleReq, type SearchDataType } from 'MODULE'
const client = new MilvusClient({ address: ':memory:' })
export async function scores(query: number[], queries: SearchDataType): Promise<number[]> {
  const search_params = { anns_field: 'vector', topk: 3, metric_type: 'L2', params: '{}' }
  const old = { collection_name: 'c', search_params, vector_type: DataType.FloatVector } as const
  const one = await client.search({ ...old, vectors: [query] })
  const two = await client.search({ ...old, vectors: [query, query] })
  const simple = await client.search({ collection_name: 'c', vectors: [query], limit: 3 })
  const part: HybridSearchSingleReq = { anns_field: 'vector', data: queries }
  const { results } = await client.hybridSearch({ collection_name: 'c', data: [part] })
  return [...one.results, ...two.results.flat(), ...simple.results, ...results].map((hit) => hit.score)
}
`

it('compiles what was typed against the SDK of 2.5, whose one query in a list had a flat list of hits', () => {
  expect(complaints(OURS, OF_THE_SDK_2_5)).toEqual([])
})
