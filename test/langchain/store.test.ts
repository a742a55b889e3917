// Promise: QuiverVectorStore is a LangChain vector store: what LangChain's own stores and retrievers do with one works, and what was added
// is there when the directory is opened again.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@langchain/core/documents'
import { Embeddings } from '@langchain/core/embeddings'
import { FakeEmbeddings, FakeVectorStore, SyntheticEmbeddings } from '@langchain/core/utils/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { open } from '../../src/index.ts'
import { QuiverVectorStore } from '../../src/langchain/index.ts'

/** How often each letter of the alphabet is there. */
class LetterEmbeddings extends Embeddings {
  constructor() {
    super({})
  }
  async embedQuery(text: string): Promise<number[]> {
    return Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.split(letter).length - 1 + 0.01)
  }
  async embedDocuments(texts: string[]): Promise<number[][]> {
    return await Promise.all(texts.map((text) => this.embedQuery(text)))
  }
}

const embeddings = new LetterEmbeddings()
const TEXTS = ['aaa', 'aab', 'bbb', 'ccc', 'ccd']
const METADATAS = TEXTS.map((text, n) => ({ n, first: text[0]! }))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const contents = (documents: { pageContent: string }[]) => documents.map(({ pageContent }) => pageContent)

describe('QuiverVectorStore', () => {
  it('finds what is near, with scores and metadata', async () => {
    const store = await QuiverVectorStore.fromTexts(TEXTS, METADATAS, embeddings)
    const found = await store.similaritySearchWithScore('aaa', 2)
    expect(contents(found.map(([document]) => document))).toEqual(['aaa', 'aab'])
    expect(found[0]![0].metadata).toEqual({ n: 0, first: 'a' })
    expect(found[0]![0].id).toMatch(/^[0-9a-f-]{36}$/)
    expect(found[0]![1]).toBeCloseTo(1, 5)
    expect(found[1]![1]).toBeLessThan(found[0]![1])
    expect(await store.similaritySearch('aaa', 99)).toHaveLength(5)
    expect(await store.similaritySearch('aaa', 0)).toEqual([])
    await store.close()
  })

  it('agrees with the store of the core package', async () => {
    const synthetic = new SyntheticEmbeddings({ vectorSize: 16 })
    const texts = Array.from({ length: 60 }, (_, i) => `text ${i} ${(i * 7919) % 60}`)
    const [ours, theirs] = await Promise.all([
      QuiverVectorStore.fromTexts(texts, {}, synthetic),
      FakeVectorStore.fromTexts(texts, {}, synthetic),
    ])
    for (const query of ['text 5', 'other', 'third']) {
      const [a, b] = await Promise.all([ours, theirs].map((store) => store.similaritySearchWithScore(query, 60)))
      expect(a!.map(([document]) => document.pageContent).sort()).toEqual(
        b!.map(([document]) => document.pageContent).sort(),
      )
      const scores = a!.map(([, score]) => score)
      expect(scores).toEqual([...scores].sort((x, y) => y - x))
    }
  })

  it.each([
    [{ first: 'a' }, ['aaa', 'aab']],
    [{ n: { $gte: 2 }, first: { $in: ['b', 'c'] } }, ['bbb', 'ccc', 'ccd']],
    [{ $or: [{ n: 0 }, { n: 4 }] }, ['aaa', 'ccd']],
    [{ $not: { first: 'a' } }, ['bbb', 'ccc', 'ccd']],
    [(document: { metadata: Record<string, unknown> }) => document.metadata['n'] === 3, ['ccc']],
  ])('filters by metadata: %j', async (filter, expected) => {
    const store = await QuiverVectorStore.fromTexts(TEXTS, METADATAS, embeddings)
    expect(contents(await store.similaritySearch('zzz', 5, filter as never)).sort()).toEqual(expected)
  })

  it('replaces by id, deletes by id, by filter, and all', async () => {
    const store = new QuiverVectorStore(embeddings)
    expect(await store.similaritySearch('a', 3)).toEqual([])
    const documents = TEXTS.map((pageContent, n) => new Document({ pageContent, metadata: { n } }))
    expect(await store.addDocuments(documents, { ids: ['1', '2', '3', '4', '5'] })).toEqual(['1', '2', '3', '4', '5'])
    await store.addDocuments([new Document({ pageContent: 'zzz', metadata: {}, id: '1' })])
    expect(contents(await store.similaritySearch('zzz', 1))).toEqual(['zzz'])
    expect(await store.similaritySearch('zzz', 9)).toHaveLength(5)
    await store.delete({ ids: ['1', 'none'] })
    await store.delete({ filter: { n: { $gt: 3 } } })
    expect(contents(await store.similaritySearch('ccc', 9)).sort()).toEqual(['aab', 'bbb', 'ccc'])
    await expect(store.delete({})).rejects.toThrow('deleteAll')
    await store.delete({ deleteAll: true })
    expect(await store.similaritySearch('ccc', 9)).toEqual([])
  })

  it('chooses what is near and unlike each other', async () => {
    const store = await QuiverVectorStore.fromTexts(['aaaa', 'aaab', 'aaac', 'zz'], {}, embeddings)
    const search = (lambda: number) => store.maxMarginalRelevanceSearch('aaaa', { k: 2, fetchK: 4, lambda })
    expect(contents(await search(1))[0]).toBe('aaaa')
    expect(contents(await search(0))).toEqual(['aaaa', 'zz'])
    const retriever = store.asRetriever({ searchType: 'mmr', k: 2, searchKwargs: { fetchK: 4, lambda: 0 } })
    expect(contents(await retriever.invoke('aaaa'))).toEqual(['aaaa', 'zz'])
    const plain = store.asRetriever(1)
    expect(contents(await plain.invoke('zz'))).toEqual(['zz'])
  })

  it('keeps documents in a directory', async () => {
    const path = mkdtempSync(join(tmpdir(), 'quiverdb-langchain-'))
    folders.push(path)
    const store = await QuiverVectorStore.fromTexts(TEXTS, METADATAS, embeddings, { path, collection: 'notes' })
    await store.close()
    const again = await QuiverVectorStore.fromExistingCollection(embeddings, { path, collection: 'notes' })
    expect(contents(await again.similaritySearch('ccc', 1))).toEqual(['ccc'])
    await again.close()
  })

  it('stands on an open database, with other metrics', async () => {
    const database = await open(':memory:')
    for (const metric of ['l2', 'ip'] as const) {
      const store = await QuiverVectorStore.fromTexts(TEXTS, {}, embeddings, { database, collection: metric, metric })
      const found = await store.similaritySearchWithScore('ccc', 2)
      expect(found[0]![0].pageContent).toBe('ccc')
      expect(found[0]![1]).toBeGreaterThan(found[1]![1])
      await store.close()
    }
    expect(await database.collection('l2').count()).toBe(5)
    await database.close()
  })

  it('refuses what does not fit together', async () => {
    const store = new QuiverVectorStore(new FakeEmbeddings())
    const document = new Document({ pageContent: 'a' })
    await expect(store.addVectors([[1], [2]], [document])).rejects.toThrow('2 vectors for 1 documents')
    await expect(store.addVectors([[1]], [document], { ids: [] })).rejects.toThrow('0 ids for 1 documents')
    await store.addVectors([[1, 2]], [document])
    await expect(store.addVectors([[1, 2, 3]], [document])).rejects.toThrow('refused')
    expect(() => new QuiverVectorStore(embeddings, { path: 'a', database: {} as never })).toThrow('not both')
  })
})
