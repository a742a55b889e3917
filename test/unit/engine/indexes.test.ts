// Promise: of the indexes that a snapshot has, those count that the catalog lists.

import { expect, it } from 'vitest'
import { restoreIndexes, shapeOf } from '../../../src/engine/indexes/indexes.ts'
import { optionsFor, Partition, upsert } from '../../core/partitions.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

// A unique one that a crash kept out of the catalog would go on refusing documents, with no name to tell.
it('an index that only a snapshot has is dropped on opening', async () => {
  const medium = new SimulatedMedium()
  const options = () => optionsFor(medium.reopen(), { buildDocumentsMax: 0 })
  const partition = await Partition.create(options())
  upsert(partition, [{ id: 1, email: 'a' }])
  const { ordered } = partition.store
  for (const id of [3, 4]) {
    ordered.create(shapeOf({ id, name: 'email', fields: ['email'], unique: true, multi: false }))
    while (!ordered.build(id, 100));
    ordered.setReady(id)
  }
  await partition.close()
  const [again] = await Partition.openAll([options()])
  expect(again!.store.ordered.ids).toEqual([3, 4])
  await restoreIndexes(again!, [{ id: 4, name: 'email', fields: ['email'], unique: true, multi: false }], undefined)
  expect(again!.store.ordered.ids).toEqual([4])
  await again!.close()
})
