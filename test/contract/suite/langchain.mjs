// Cases of `quiverdb/langchain`.

import { close, equal } from './expect.mjs'

/** How often each letter of the alphabet is there. */
const embeddings = {
  async embedQuery(text) {
    return Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.split(letter).length - 1 + 0.01)
  },
  async embedDocuments(texts) {
    return await Promise.all(texts.map((text) => embeddings.embedQuery(text)))
  },
}

export const langchain = {
  async 'is a vector store'({ QuiverVectorStore }) {
    const store = await QuiverVectorStore.fromTexts(['aaa', 'aab', 'ccc'], [{ n: 0 }, { n: 1 }, { n: 2 }], embeddings)
    const found = await store.similaritySearchWithScore('aaa', 2)
    equal(
      found.map(([document]) => document.pageContent),
      ['aaa', 'aab'],
    )
    close(found[0][1], 1, 'score')
    equal(found[1][0].metadata, { n: 1 })
    const ids = await store.addDocuments([{ pageContent: 'ccd', metadata: { n: 3 } }], { ids: ['own'] })
    equal(ids, ['own'])
    equal((await store.similaritySearch('ccd', 1))[0].id, 'own')
    await store.delete({ ids })
    equal((await store.similaritySearch('ccd', 1))[0].pageContent, 'ccc')
    const [retrieved] = await store.asRetriever(1).invoke('aab')
    equal(retrieved.pageContent, 'aab')
    await store.close()
  },
}
