// Writes the templates of the apps to tests/data/cdk, without the parts that name this machine:
//
//   npm install --prefix target/cdk aws-cdk-lib@2.276.0 constructs@10
//   cp tests/cdk/*.mjs tests/cdk/*.graphql target/cdk && node target/cdk/synthesize.mjs tests/data/cdk
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as cdk from 'aws-cdk-lib';
import { apps } from './apps.mjs';

const target = process.argv[2];
fs.rmSync(target, { recursive: true, force: true });
fs.mkdirSync(target, { recursive: true });
for (const [name, build] of Object.entries(apps)) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-'));
  // As `cdk synth` does, which names the local files of assets.
  const app = new cdk.App({ outdir: folder, context: { 'aws:cdk:enable-asset-metadata': true } });
  const stack = new cdk.Stack(app, name);
  cdk.Tags.of(stack).add('Team', 'orders');
  build(stack);
  app.synth();
  for (const file of fs.readdirSync(folder).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8').replaceAll('.nested.template.json', '.json'));
    // One line for each resource keeps the files small and their changes readable.
    const { Resources, ...rest } = template;
    const line = ([id, resource]) => `  ${JSON.stringify(id)}: ${JSON.stringify(resource)}`;
    const others = Object.entries(rest).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    const resources = ` "Resources": {\n${Object.entries(Resources).map(line).join(',\n')}\n }`;
    fs.writeFileSync(path.join(target, file.replace('.template.json', '.json').replace('.nested', '')), `{\n${[resources, ...others].join(',\n')}\n}\n`);
  }
  fs.rmSync(folder, { recursive: true });
}
