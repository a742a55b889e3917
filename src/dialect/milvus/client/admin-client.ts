// Administration: the methods exist from the start; their code is loaded when one of them is first called.

import { administration } from '../lazy.ts'
import { BaseClient } from './base-client.ts'
import { failureOf } from './caller.ts'
import type { MaintenanceClient } from './maintenance-client.ts'

const METHODS =
  'createDatabase listDatabases describeDatabase dropDatabase alterDatabase alterDatabaseProperties dropDatabaseProperties hasCollection describeCollection batchDescribeCollections showCollections listCollections list_collections dropCollection drop_collection truncateCollection renameCollection alterCollectionProperties alterCollection dropCollectionProperties alterCollectionFieldProperties addCollectionField addCollectionFields dropCollectionField createAlias alterAlias dropAlias describeAlias listAliases getPkField getPkFieldName getPkFieldType createIndex describeIndex getIndexStatistics listIndexes getIndexState getIndexBuildProgress dropIndex alterIndexProperties alterIndex dropIndexProperties loadCollection loadCollectionSync loadCollectionAsync refreshLoad releaseCollection loadPartitions loadPartitionsSync releasePartitions getLoadState getLoadingProgress createPartition hasPartition dropPartition listPartitions showPartitions getCollectionStatistics getCollectionStats getPartitionStatistics getPartitionStats flush flushSync getFlushState flushAll flushAllSync getFlushAllState compact getCompactionState getCompactionStateWithPlans getMetric getQuerySegmentInfo getPersistentSegmentInfo runAnalyzer'

export interface AdminClient extends Omit<MaintenanceClient, 'createFromSchema'> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are defined below, from the list
export class AdminClient extends BaseClient {
  #administration: MaintenanceClient | undefined

  protected async administration(): Promise<MaintenanceClient> {
    const { MaintenanceClient } = await administration()
    this.#administration ??= new MaintenanceClient(this.connection)
    return this.#administration
  }
}

type Method = (...args: unknown[]) => Promise<unknown>

for (const name of METHODS.split(' ')) {
  const value = async function (this: AdminClient, ...args: unknown[]): Promise<unknown> {
    const own = (await this['administration']()) as unknown as Record<string, Method>
    try {
      return await own[name]!(...args)
    } catch (error) {
      throw await failureOf(error, args[0])
    }
  }
  Object.defineProperty(AdminClient.prototype, name, { value, writable: true, configurable: true })
}
