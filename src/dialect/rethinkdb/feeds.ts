// Unions of feeds: whichever has something answers.

import type { Datum } from './datum.ts'
import type { Feed, Stream } from './values.ts'

/** One feed of several; streams that are none are read first. */
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
      for (const feed of feeds) feed.wait(wake)
    },
    close() {
      for (const feed of feeds) feed.close()
    },
  }
}
