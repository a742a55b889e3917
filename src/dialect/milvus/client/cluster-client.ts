// Features that only a cluster has. Each method exists and throws, so that no program takes silence for success.

import { refusals } from '../lazy.ts'
import type { Anything } from '../types/index.ts'
import { SearchClient } from './search-client.ts'

const WITHOUT_CLUSTER = {
  'users, roles and privileges':
    'createUser updateUser deleteUser listUsers describeUser createRole alterRole dropRole addUserToRole removeUserFromRole describeRole listRoles grantPrivilege revokePrivilege dropAllRoles selectGrant listGrants hasRole createPrivilegeGroup dropPrivilegeGroup listPrivilegeGroups addPrivilegesToGroup removePrivilegesFromGroup grantPrivilegeV2 revokePrivilegeV2 backupRBAC restoreRBAC grantRolePrivilege revokeRolePrivilege revokeAllRolePrivileges updatePassword dropUser grantRole revokeRole selectRole selectUser listGrant',
  'resource groups and replicas':
    'updateReplicateConfiguration getReplicateConfiguration update_replicate_configuration get_replicate_configuration createResourceGroup listResourceGroups describeResourceGroup updateResourceGroups dropResourceGroup transferReplica transferNode dropAllResourceGroups getReplicas describeReplicas loadBalance',
  'bulk imports': 'bulkInsert listImportTasks getImportState',
  snapshots:
    'createSnapshot dropSnapshot listSnapshots describeSnapshot restoreSnapshot getRestoreSnapshotState listRestoreSnapshotJobs pinSnapshotData unpinSnapshotData',
  'file resources': 'addFileResource removeFileResource listFileResources',
  'external collections':
    'refreshExternalCollection getRefreshExternalCollectionProgress listRefreshExternalCollectionJobs',
  'functions on a collection that is there':
    'addCollectionFunction alterCollectionFunction dropCollectionFunction alterCollectionSchema addFunctionField dropFunctionField',
} as const

type Words<S extends string> = S extends `${infer Head} ${infer Tail}` ? Head | Words<Tail> : S
type Refused = Words<(typeof WITHOUT_CLUSTER)[keyof typeof WITHOUT_CLUSTER]>

export interface ClusterClient extends Record<Refused, (...args: Anything[]) => Promise<Anything>> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are defined below, from the table
export class ClusterClient extends SearchClient {}

for (const [feature, names] of Object.entries(WITHOUT_CLUSTER)) {
  for (const name of names.split(' ')) {
    const value = async (data?: Record<string, unknown>): Promise<never> => {
      throw (await refusals()).clusterRefusal(name, feature, data)
    }
    Object.defineProperty(ClusterClient.prototype, name, { value, writable: true, configurable: true })
  }
}
