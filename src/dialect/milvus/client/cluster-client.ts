// Features that only a cluster has. Each method exists and throws, so that no program takes silence for success.

import { UnsupportedError } from '../../../error/index.ts'
import { wrongCall } from '../errors.ts'
import type { ERROR_REASONS } from '../reasons.ts'
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

type Needed = readonly [field: string, reason: keyof typeof ERROR_REASONS]

const COLLECTION: Needed = ['collection_name', 'COLLECTION_NAME_IS_REQUIRED']
const USER: readonly Needed[] = [['username', 'USERNAME_IS_REQUIRED']]
const PASSWORDS: readonly Needed[] = [
  ['username', 'USERNAME_PWD_ARE_REQUIRED'],
  ['newPassword', 'USERNAME_PWD_ARE_REQUIRED'],
  ['oldPassword', 'USERNAME_PWD_ARE_REQUIRED'],
]

/** Parameters that the SDK requires before it asks a server, in the order it checks them. */
const NEEDED: Readonly<Record<string, readonly Needed[]>> = {
  loadBalance: [['src_nodeID', 'LOAD_BALANCE_CHECK_PARAMS']],
  getReplicas: [['collectionID', 'COLLECTION_ID_IS_REQUIRED']],
  describeReplicas: [['collectionID', 'COLLECTION_ID_IS_REQUIRED']],
  bulkInsert: [COLLECTION, ['files', 'IMPORT_FILE_CHECK']],
  listImportTasks: [COLLECTION],
  createUser: [
    ['username', 'USERNAME_PWD_ARE_REQUIRED'],
    ['password', 'USERNAME_PWD_ARE_REQUIRED'],
  ],
  updateUser: PASSWORDS,
  updatePassword: PASSWORDS,
  deleteUser: USER,
  dropUser: USER,
  alterCollectionSchema: [
    COLLECTION,
    ['field', 'FUNCTION_FIELD_SCHEMA_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  addFunctionField: [
    ['field', 'FUNCTION_FIELD_SCHEMA_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  addCollectionFunction: [COLLECTION, ['function', 'FUNCTION_SCHEMA_IS_REQUIRED']],
  alterCollectionFunction: [
    COLLECTION,
    ['function_name', 'FUNCTION_NAME_IS_REQUIRED'],
    ['function', 'FUNCTION_SCHEMA_IS_REQUIRED'],
  ],
  dropCollectionFunction: [COLLECTION, ['function_name', 'FUNCTION_NAME_IS_REQUIRED']],
  dropFunctionField: [COLLECTION, ['function_name', 'FUNCTION_NAME_IS_REQUIRED']],
}

export interface ClusterClient extends Record<Refused, (...args: Anything[]) => Promise<Anything>> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are defined below, from the table
export class ClusterClient extends SearchClient {}

for (const [feature, names] of Object.entries(WITHOUT_CLUSTER)) {
  for (const name of names.split(' ')) {
    const value = async (data?: Record<string, unknown>): Promise<never> => {
      for (const [field, reason] of NEEDED[name] ?? []) if (!data?.[field]) throw wrongCall(reason)
      throw new UnsupportedError(`${name}: ${feature} need a Milvus server; in process there are none`, {
        details: { dialect: 'milvus', feature: name },
      })
    }
    Object.defineProperty(ClusterClient.prototype, name, { value, writable: true, configurable: true })
  }
}
