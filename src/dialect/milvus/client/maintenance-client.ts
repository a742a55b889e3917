// Calls for start-up and upkeep of an application: flush, compaction, metrics; and calls that make no sense without a
// cluster.

import type { Analyzer } from '../../../text/index.ts'
import { analyzerFor, analyzerOfField } from '../analyzers.ts'
import { newId } from '../catalog.ts'
import { hybridTime } from '../clock.ts'
import { invalid, success, told, wrongCall } from '../errors.ts'
import { expiries } from '../lazy.ts'
import type {
  CompactionResponse,
  CompactReq,
  FlushAllReq,
  FlushAllResponse,
  FlushReq,
  FlushResult,
  GePersistentSegmentInfoReq,
  GePersistentSegmentInfoResponse,
  GetCompactionPlansReq,
  GetCompactionPlansResponse,
  GetCompactionStateReq,
  GetCompactionStateResponse,
  GetFlushAllStateReq,
  GetFlushAllStateResponse,
  GetFlushStateReq,
  GetFlushStateResponse,
  GetMetricsRequest,
  GetMetricsResponse,
  GetQuerySegmentInfoReq,
  GetQuerySegmentInfoResponse,
  ResStatus,
  RunAnalyzerRequest,
  RunAnalyzerResponse,
} from '../types/index.ts'
import { utf8Length } from '../values.ts'
import { PartitionClient } from './partition-client.ts'
import { named } from './requests.ts'

export class MaintenanceClient extends PartitionClient {
  /** Once it resolves, every write acknowledged so far is on disk. */
  async flush(data: FlushReq): Promise<FlushResult> {
    const names = data?.collection_names
    if (!Array.isArray(names) || names.length === 0) throw wrongCall('COLLECTION_NAME_IS_REQUIRED')
    const answer = (status: ResStatus, db: string) => {
      const each = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]))
      return {
        status,
        coll_segIDs: each({ data: [] }),
        flush_coll_segIDs: each({ data: [] }),
        coll_seal_times: each(String(Math.floor(Date.now() / 1000))),
        coll_flush_ts: each(hybridTime()),
        channel_cps: {},
        db_name: db,
      }
    }
    return await this.run<FlushResult>(
      data,
      async (store, db) => {
        for (const name of names) store.entry(db, name)
        await store.database.sync()
        return answer(success(), db)
      },
      (status) => ({ ...answer(status, ''), coll_segIDs: {} }),
    )
  }

  async flushSync(data: FlushReq): Promise<GetFlushStateResponse> {
    const { status } = await this.flush(data)
    return { status, flushed: status.code === 0 }
  }

  async getFlushState(data: GetFlushStateReq): Promise<GetFlushStateResponse> {
    if (!data?.segmentIDs && !data?.collection_name && !data?.flush_ts) throw wrongCall('GET_FLUSH_STATE_CHECK_PARAMS')
    return await this.run(data, () => ({ status: success(), flushed: true }))
  }

  async flushAll(data?: FlushAllReq): Promise<FlushAllResponse> {
    return await this.run(data, async (store) => {
      await store.database.sync()
      return {
        status: success(),
        flush_all_ts: hybridTime() as unknown as number,
        flush_all_tss: {},
        flush_results: [],
      }
    })
  }

  async flushAllSync(data?: FlushAllReq): Promise<GetFlushAllStateResponse> {
    const { flush_all_ts } = await this.flushAll(data)
    return await this.getFlushAllState({ flush_all_ts })
  }

  async getFlushAllState(data: GetFlushAllStateReq): Promise<GetFlushAllStateResponse> {
    if (!data?.flush_all_ts && !data?.flush_all_tss) throw wrongCall('GET_FLUSH_ALL_STATE_CHECK_PARAMS')
    return await this.run(data, () => ({ status: success(), flushed: true, flush_states: [] }))
  }

  async compact(data: CompactReq): Promise<CompactionResponse> {
    return await this.withEntry<CompactionResponse>(
      named(data),
      async (entry) => {
        if (entry.expires) await (await expiries()).sweep(entry)
        await entry.rows.optimize()
        return { status: success(), compactionID: String(newId()), compactionPlanCount: 0 }
      },
      (status) => ({ status, compactionID: '-1', compactionPlanCount: 0 }),
    )
  }

  async getCompactionState(data: GetCompactionStateReq): Promise<GetCompactionStateResponse> {
    if (!data?.compactionID) throw wrongCall('COMPACTION_ID_IS_REQUIRED')
    return await this.run(data, () => ({
      status: success(),
      state: 'Completed' as never,
      executingPlanNo: '0',
      timeoutPlanNo: '0',
      completedPlanNo: '1',
      failedPlanNo: '0',
    }))
  }

  async getCompactionStateWithPlans(data: GetCompactionPlansReq): Promise<GetCompactionPlansResponse> {
    if (!data?.compactionID) throw wrongCall('COMPACTION_ID_IS_REQUIRED')
    return await this.run(data, () => ({ status: success(), state: 'Completed' as never, mergeInfos: [] }))
  }

  async getMetric(data: GetMetricsRequest): Promise<GetMetricsResponse> {
    if (!data?.request?.metric_type) throw wrongCall('GET_METRIC_CHECK_PARAMS')
    return await this.run(data, () => ({ status: success(), response: {}, component_name: 'quiverdb' }))
  }

  async getQuerySegmentInfo(data: GetQuerySegmentInfoReq): Promise<GetQuerySegmentInfoResponse> {
    return await this.#segments(data)
  }

  async getPersistentSegmentInfo(data: GePersistentSegmentInfoReq): Promise<GePersistentSegmentInfoResponse> {
    return await this.#segments(data)
  }

  async #segments(data: GetQuerySegmentInfoReq): Promise<GetQuerySegmentInfoResponse> {
    if (!data?.collectionName) throw wrongCall('COLLECTION_NAME_IS_REQUIRED')
    return await this.run<GetQuerySegmentInfoResponse>(
      { timeout: data.timeout, db_name: data.dbName },
      (store, db) => {
        store.entry(db, data.collectionName)
        return { status: success(), infos: [] }
      },
      (status) => ({ status, infos: [] }),
    )
  }

  /** The tokens that an analyzer finds in texts. */
  async runAnalyzer(data: RunAnalyzerRequest): Promise<RunAnalyzerResponse> {
    return await this.run<RunAnalyzerResponse>(
      data,
      (store, db) => {
        if (data?.text === undefined || data.text === null)
          throw invalid('text of runAnalyzer is a text, or a list of texts')
        const { collection_name, field_name } = data
        const schema = collection_name === undefined ? undefined : store.entry(db, collection_name).schema
        const field = schema?.byName.get(field_name ?? '')
        if (schema !== undefined && field?.params['enable_analyzer'] !== 'true') {
          throw invalid(`field ${told(field_name)} of collection ${collection_name} has no analyzer`)
        }
        const names = data.analyzer_names ?? []
        const results = [data.text].flat().map((given, at) => {
          const text = String(given)
          const analyzer =
            field === undefined
              ? analyzerFor(data.analyzer_params)
              : analyzerOfField(field, names.length === 1 ? names[0] : names[at])
          return { tokens: detailed(text, analyzer, data) }
        })
        return { status: success(), results }
      },
      (status) => ({ status, results: [] }),
    )
  }
}

type Asked = Pick<RunAnalyzerRequest, 'with_detail' | 'with_hash'>

/** Tokens and, if asked for, their places and UTF-8 offsets in the text; 64-bit integers as strings. */
function detailed(text: string, analyzer: Analyzer, { with_detail, with_hash }: Asked) {
  const { tokens, isOverlapping } = analyzer.storedPlaces(text)
  let [start, end, last, bytes, counted] = [0, 0, '', 0, 0]
  return tokens.map(({ token, place, source }, at) => {
    if (place !== tokens[at - 1]?.place) {
      // Where tokens overlap, one begins with that before it, or begins later.
      const isSame = isOverlapping && source.length > last.length && text.startsWith(source, start)
      const from = isSame ? start : text.indexOf(source, isOverlapping && at > 0 ? start + 1 : end)
      // Some tokenizers leave characters out.
      start = from < 0 ? end : from
      end = from < 0 ? end : from + source.length
      last = source
      bytes += utf8Length(text.slice(counted, start))
      counted = start
    }
    const [start_offset, end_offset, position, position_length] = (with_detail
      ? [bytes, bytes + utf8Length(text.slice(start, end)), place, 1]
      : [0, 0, 0, 0]
    ).map(String) as unknown as [number, number, number, number]
    return { token, start_offset, end_offset, position, position_length, hash: with_hash ? hashOf(token) : 0 }
  })
}

/** FNV-1a over UTF-16 code units. */
function hashOf(token: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
