// What Backstage's own model says of entities: its policies, then the validator of their kind.
// Entities come as JSON on stdin; what is wrong goes to stdout, a line each.
const model = require("@backstage/catalog-model");

const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const validators = {
  API: model.apiEntityV1alpha1Validator,
  Component: model.componentEntityV1alpha1Validator,
  Domain: model.domainEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
};

async function wrongWith(entity) {
  const found = await policy.enforce(entity);
  if (!(await validators[entity.kind].check(found))) {
    throw new Error("no entity of its kind and version");
  }
}

async function main() {
  const entities = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const known = new Set(entities.map((entity) => model.stringifyEntityRef(entity)));
  for (const entity of entities) {
    const name = model.stringifyEntityRef(entity);
    await wrongWith(entity).catch((error) => console.log(`${name}: ${error.message}`));
    for (const [field, kind] of [["domain", "Domain"], ["system", "System"], ["providesApis", "API"]]) {
      for (const text of [entity.spec[field] ?? []].flat()) {
        const defaultNamespace = entity.metadata.namespace ?? "default";
        const ref = model.parseEntityRef(text, { defaultKind: kind, defaultNamespace });
        if (!known.has(model.stringifyEntityRef(ref))) {
          console.log(`${name}: ${field} names ${text}, which is not here`);
        }
      }
    }
    try {
      model.parseEntityRef(entity.spec.owner);
    } catch (error) {
      console.log(`${name}: owner: ${error.message}`);
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
