// Cursors over changes, and unions of feeds: whichever feed has something answers.

import { Feed as FeedCursor, type RowSource } from './cursor.ts'
import type { Datum } from './datum.ts'
import { type Formats, toNative } from './output.ts'
import type { Feed, Stream } from './values.ts'

/** Changes read at once. */
const ROWS = 200

class UnionedFeed extends FeedCursor {
  override get [Symbol.toStringTag](): string {
    return 'UnionedFeed'
  }
}

export class AtomFeed extends FeedCursor {
  override get [Symbol.toStringTag](): string {
    return 'AtomFeed'
  }
}

class OrderByLimitFeed extends FeedCursor {
  override get [Symbol.toStringTag](): string {
    return 'OrderByLimitFeed'
  }
}

const FEEDS = { Feed: FeedCursor, UnionedFeed, AtomFeed, OrderByLimitFeed }

/** Several feeds as one; streams that are not feeds are read first. */
export function unionFeed(streams: readonly Stream[]): Feed {
  const feeds = streams.flatMap((one) => (one.feed === undefined ? [] : [one.feed]))
  const plain = streams.filter((one) => one.feed === undefined)
  return {
    className: 'UnionedFeed',
    poll(): Datum | undefined {
      for (const stream of plain) {
        const value = stream.pull()
        if (value !== undefined) return value
      }
      for (const stream of streams) {
        if (stream.feed === undefined) continue
        const value = stream.pull()
        if (value !== undefined) return value
      }
      return undefined
    },
    wait(wake) {
      // A feed that has reported all it will may have more that nobody takes: it would wake the union forever.
      for (const stream of streams) if (stream.isOver?.() !== true) stream.feed?.wait(wake)
    },
    close() {
      for (const feed of feeds) feed.close()
    },
  }
}

/** The cursor over a stream of changes; `told` converts errors for the caller. */
export function feedOf(stream: Stream, formats: Formats, told: (error: unknown) => unknown): FeedCursor {
  const feed = stream.feed!
  let isClosed = false
  let failure: unknown
  let wakeUp: () => void = () => {}
  const source: RowSource = {
    told,
    async take() {
      for (;;) {
        if (isClosed) return undefined
        if (failure !== undefined) throw failure
        const rows: unknown[] = []
        try {
          while (rows.length < ROWS) {
            const row = stream.pull()
            if (row === undefined) break
            rows.push(toNative(row, formats))
          }
        } catch (error) {
          // Changes from before the failure are read first.
          failure = told(error)
          feed.close()
          if (rows.length === 0) throw failure
        }
        if (rows.length > 0) return rows
        if (stream.isOver?.() === true) {
          feed.close()
          return undefined
        }
        await new Promise<void>((resolve) => {
          wakeUp = resolve
          feed.wait(resolve)
        })
      }
    },
    close() {
      isClosed = true
      feed.close()
      wakeUp()
    },
  }
  return new FEEDS[feed.className](source)
}
