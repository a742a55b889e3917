// Promise: logs agree on the transactions that all their partitions have, in time that grows with their number.

import { expect, it } from 'vitest'
import { agreedEnds, type Participant } from '../../../src/journal/agreement.ts'
import { Recovery } from '../../../src/journal/index.ts'

const TRANSACTION_BYTES = 64

function participant(id: number, ids: readonly number[], sealedTransaction = 0): Participant {
  const transactions = ids.map((transaction, i) => {
    const from = 128 + i * TRANSACTION_BYTES
    return { id: transaction, participants: [0, 1, 2], from, to: from + TRANSACTION_BYTES }
  })
  return {
    id,
    recovery: { transactions, header: { sealedTransaction }, segments: [] } as unknown as Participant['recovery'],
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

it('cuts every log before the first transaction that one of them lacks', () => {
  const ends = agreedEnds([participant(0, upTo(5)), participant(1, upTo(3)), participant(2, upTo(4))])
  expect(ends).toEqual([128 + 3 * TRANSACTION_BYTES, Infinity, 128 + 3 * TRANSACTION_BYTES])
})

it('counts what was sealed, and what a partition took part in that was dropped since', () => {
  expect(agreedEnds([participant(0, upTo(5)), participant(1, [4, 5], 3)])).toEqual([Infinity, Infinity])
})

it('cuts what the cut of another log has taken away', () => {
  const ends = agreedEnds([participant(0, [1, 2, 3]), participant(1, [1, 3, 2]), participant(2, [1, 2])])
  expect(ends).toEqual([0, 1, 2].map(() => 128 + TRANSACTION_BYTES))
})

// Each was looked for among all of the others: a collection over 4 shards that had taken 16,000 small batches took 28 s to open, and
// one with 100,000 would have taken a quarter of an hour.
it('takes no longer for each of many', () => {
  const all = upTo(100_000)
  const began = process.cpuUsage()
  expect(agreedEnds([0, 1, 2].map((id) => participant(id, all)))).toEqual([Infinity, Infinity, Infinity])
  const { user, system } = process.cpuUsage(began)
  expect((user + system) / 1e6).toBeLessThan(5)
})

// What was left of them were the arguments of one call: from some 125,000 on there was no room for these on the stack, and after a crash that
// took the end of one log the database did not open again.
it('cuts a log that keeps however many', async () => {
  const { recovery } = participant(0, upTo(200_000))
  const { transactions } = recovery as unknown as { transactions: { from: number }[] }
  const offset = transactions[190_000]!.from
  await Recovery.prototype.cutAt.call({ covered: 0, segments: [], transactions } as unknown as Recovery, offset)
  expect([transactions.length, transactions.at(-1)!.from]).toEqual([190_000, offset - TRANSACTION_BYTES])
})
