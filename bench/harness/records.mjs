// What children of a suite sent back: figures by peer and round, versions, and the checksums of what they read.
import { median } from './numbers.mjs'

/** @param {Record<string, { title: string }>} peers - titles by name. */
export function createRecords(peers) {
  const samples = {}
  const versions = {}
  const checksums = {}
  let isSound = true
  return {
    checksums,
    // A peer that cannot be loaded here is left out; one that was loaded and then failed is a fault.
    isSound: () => isSound,
    add(name, outcome) {
      if (outcome.error !== undefined && outcome.isLoaded !== false) isSound = false
      if (outcome.version !== undefined) versions[name] = outcome.version
      for (const [figure, value] of Object.entries(outcome.figures ?? {})) {
        samples[figure] ??= {}
        samples[figure][name] ??= []
        samples[figure][name].push(value)
      }
      for (const [group, checksum] of Object.entries(outcome.checksums ?? {})) {
        checksums[group] ??= {}
        checksums[group][name] ??= new Set()
        checksums[group][name].add(checksum)
      }
    },
    median(figure, name) {
      const values = samples[figure]?.[name]
      return values === undefined ? undefined : median(values)
    },
    describePeers: (names) =>
      names.map((name) => ({ name, title: peers[name].title, version: versions[name] ?? 'not loaded' })),
    toJSON() {
      const figures = {}
      for (const [figure, byPeer] of Object.entries(samples)) {
        figures[figure] = {}
        for (const [name, values] of Object.entries(byPeer))
          figures[figure][name] = { median: median(values), rounds: values }
      }
      return figures
    },
  }
}

/** Says so when the machine had other things to do: medians of such a run are for orientation only. */
export function noteUnrest(records, note) {
  const figures = Object.values(records.toJSON()).flatMap((byPeer) => Object.values(byPeer))
  const repeated = figures.filter(({ rounds }) => rounds.length > 1 && Math.min(...rounds) > 0)
  const unstable = repeated.filter(({ rounds }) => Math.max(...rounds) > 1.5 * Math.min(...rounds))
  if (unstable.length > repeated.length / 5) {
    note(
      `${unstable.length} of ${repeated.length} figures moved by more than half between rounds: the machine was busy`,
    )
  }
}

/** Peers that held the same number of documents must have handed out the same ones. */
export function compareChecksums(checksums, note) {
  const checks = []
  for (const [group, byPeer] of Object.entries(checksums)) {
    const byCount = new Map()
    for (const [name, values] of Object.entries(byPeer)) {
      for (const value of values) {
        const count = value.split(':')[0]
        if (!byCount.has(count)) byCount.set(count, new Map())
        const byValue = byCount.get(count)
        if (!byValue.has(value)) byValue.set(value, [])
        byValue.get(value).push(name)
      }
    }
    for (const byValue of byCount.values()) {
      const isSame = byValue.size === 1
      for (const [checksum, names] of byValue) checks.push({ group, checksum, peers: names, isSame })
      if (!isSame)
        note(`checksums of ${group} differ: ${[...byValue].map(([value, names]) => `${value} ${names}`).join('; ')}`)
    }
  }
  return checks
}
