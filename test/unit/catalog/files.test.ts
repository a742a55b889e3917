// Promise: only files that a crash left behind are taken for orphans; a foreign file never is.

import { expect, it } from 'vitest'
import {
  type CatalogState,
  collectionShape,
  EMPTY_CATALOG,
  fileStem,
  withChanged,
  withCollection,
  withoutCollection,
  withoutPartition,
  withPartition,
} from '../../../src/catalog/index.ts'
import { orphanFiles, parseDataFile } from '../../../src/catalog/stored.ts'

function catalog(): CatalogState {
  let { state, definition } = withCollection(EMPTY_CATALOG, collectionShape('dropped'))
  state = withoutCollection(state, definition.id)
  ;({ state, definition } = withCollection(state, collectionShape('posts', { shards: 2 })))
  const twice = withPartition(withPartition(definition, 'a'), 'b')
  return withChanged(state, withoutPartition(twice, 'a'))
}

it('gives out ids once', () => {
  const state = catalog()
  expect(state.nextCollectionId).toBe(3)
  expect(state.collections).toMatchObject([
    {
      id: 2,
      nextPartitionId: 6,
      partitions: [
        { id: 0, name: '_default' },
        { id: 4, name: 'b' },
      ],
    },
  ])
  expect(withCollection(state, collectionShape('new')).definition.id).toBe(3)
  expect(withPartition(state.collections[0]!, 'a').partitions.at(-1)).toEqual({ id: 6, name: 'a' })
})

it('knows the files of partitions by their exact names', () => {
  expect(fileStem(12, 3)).toBe('c12.p3')
  expect(parseDataFile('c12.p3.7.log')).toEqual({ collectionId: 12, partitionId: 3 })
  expect(parseDataFile('c12.p3.7.log.tmp')).toEqual({ collectionId: 12, partitionId: 3 })
  expect(parseDataFile('c0.p0.snapshot')).toEqual({ collectionId: 0, partitionId: 0 })
  expect(parseDataFile('c0.p0.snapshot.tmp')).toEqual({ collectionId: 0, partitionId: 0 })
  for (const name of [
    'c1.p0.log',
    'c01.p0.1.log',
    'c1.p00.1.log',
    'c1.p0.01.log',
    'C1.p0.1.log',
    'c1.p0.1.LOG',
    'c1.p0.1.log.bak',
    'xc1.p0.1.log',
    'c1.p0.1.snapshot',
    'c1.p0',
    'c-1.p0.1.log',
    'c1.p0.1.log\n',
    'catalog',
    'lost.c1.p0.1.log',
    'c99999999999.p0.1.log',
  ]) {
    expect(parseDataFile(name), name).toBeUndefined()
  }
})

it('finds what was dropped or never came to be, and nothing else', () => {
  const names = (...stems: string[]) => stems.flatMap((stem) => [`${stem}.1.log`, `${stem}.snapshot`])
  const orphans = names('c1.p0', 'c2.p2', 'c2.p3', 'c2.p6', 'c2.p7', 'c3.p0', 'c3.p5', 'c0.p0')
  const kept = names('c2.p0', 'c2.p1', 'c2.p4', 'c2.p5', 'c2.p8', 'c4.p0', 'c99.p0')
  const foreign = ['catalog', 'catalog.copy', 'notes.txt', 'c1.p0.1.log.bak', 'c1.p0']
  expect(orphanFiles(catalog(), [...orphans, ...kept, ...foreign])).toEqual(orphans)
})
