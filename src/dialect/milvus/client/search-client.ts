// Searches as programs call them.

import { searches } from '../lazy.ts'
import type { Given } from '../search/search-plan.ts'
import type {
  Anything,
  HybridSearchReq,
  SearchIteratorReq,
  SearchReq,
  SearchResults,
  SearchSimpleReq,
} from '../types/index.ts'
import { DataClient, throwIfMissing } from './data-client.ts'
import { named } from './requests.ts'

type Asked = Given & { collection_name: string }

export class SearchClient extends DataClient {
  /**
   * One query returns a flat list of hits, several return a list each; `data: [{ anns_field, data }]` is a hybrid
   * search.
   */
  async search<T extends SearchReq | SearchSimpleReq | HybridSearchReq>(params: T): Promise<SearchResults<T>> {
    const data = named(params as unknown as Asked)
    const known = searches()
    const { searchAnswer } = known instanceof Promise ? await known : known
    return (await this.withEntry<object>(
      data,
      (entry) => searchAnswer(entry, data, this.long),
      (status) => {
        throwIfMissing(status)
        return { recalls: [], collection_name: data.collection_name, status, results: [], session_ts: -1 }
      },
    )) as SearchResults<T>
  }

  hybridSearch<T extends HybridSearchReq>(params: T): Promise<SearchResults<T>> {
    return this.search(params)
  }

  /** Pages through the hits of one query, nearest first. */
  async searchIterator(param: SearchIteratorReq): Promise<Anything> {
    const data = named(param) as unknown as Given & SearchIteratorReq
    const { searchPages } = await searches()
    return await this.withEntry(data, (entry) => searchPages(entry, data, this.long))
  }
}
