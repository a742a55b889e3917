// Promise: a program typed against the SDK compiles when only its import changes. One program, checked by TypeScript with either.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function complaints(module: string): string[] {
  const path = here('program.ts')
  const source = readFileSync(here('program.txt'), 'utf8').replace('MODULE', module)
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

it.each(['@zilliz/milvus2-sdk-node', '../../../src/dialect/milvus/index.ts'])('compiles with %s', (module) => {
  expect(complaints(module)).toEqual([])
})
