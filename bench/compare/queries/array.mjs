// An array of live objects, and the loops a program would write over it. It hands out its own objects: a floor, not a store.

export async function load() {
  return { version: 'built in', open: async () => createStore() }
}

function createStore() {
  const documents = []
  return {
    insertBatch: (more) => {
      for (const document of more) documents.push(document)
    },
    find: (lang, likesBelow) => documents.filter((document) => document.likes < likesBelow && document.lang === lang),
    count: (lang, likesBelow) => {
      let count = 0
      for (const document of documents) if (document.likes < likesBelow && document.lang === lang) count++
      return count
    },
    group: () => {
      const groups = new Map()
      for (const { lang, likes } of documents) {
        const group = groups.get(lang)
        if (group === undefined) groups.set(lang, { lang, count: 1, likes })
        else {
          group.count++
          group.likes += likes
        }
      }
      return [...groups.values()]
    },
    top: (limit) => documents.toSorted((a, b) => b.likes - a.likes).slice(0, limit),
    close: () => {},
  }
}
