// Small CDK apps in the styles that people use. `synthesize.mjs` writes what `cdk synth` makes of them to tests/data/cdk.
import * as cdk from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as integrations from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as authorizers from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as apprunner from 'aws-cdk-lib/aws-apprunner';
import * as appsync from 'aws-cdk-lib/aws-appsync';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatchActions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as pipelineActions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as ecsPatterns from 'aws-cdk-lib/aws-ecs-patterns';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as logDestinations from 'aws-cdk-lib/aws-logs-destinations';
import * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as route53Targets from 'aws-cdk-lib/aws-route53-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as schedulerTargets from 'aws-cdk-lib/aws-scheduler-targets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';

/** A function with code in the template. */
const handler = (scope, id, more = {}) => new lambda.Function(scope, id, {
  runtime: lambda.Runtime.PYTHON_3_12,
  handler: 'index.handler',
  code: lambda.Code.fromInline('def handler(event, context):\n    return {"statusCode": 200}\n'),
  ...more,
});

/** A network with two zones and one NAT gateway. */
const network = (scope) => new ec2.Vpc(scope, 'Network', { maxAzs: 2, natGateways: 1 });

export const apps = {
  'queue-worker': (stack) => {
    const dead = new sqs.Queue(stack, 'Dead', { retentionPeriod: cdk.Duration.days(14) });
    const jobs = new sqs.Queue(stack, 'Jobs', {
      visibilityTimeout: cdk.Duration.seconds(180), enforceSSL: true, deadLetterQueue: { queue: dead, maxReceiveCount: 3 },
    });
    const worker = handler(stack, 'Worker', { timeout: cdk.Duration.seconds(30), environment: { QUEUE_URL: jobs.queueUrl } });
    worker.addEventSource(new sources.SqsEventSource(jobs, { batchSize: 5 }));
    jobs.grantSendMessages(worker);
  },
  'topic-fanout': (stack) => {
    const topic = new sns.Topic(stack, 'Orders', { displayName: 'Orders' });
    for (const name of ['Billing', 'Shipping']) {
      topic.addSubscription(new subscriptions.SqsSubscription(new sqs.Queue(stack, name), { rawMessageDelivery: true }));
    }
    topic.addSubscription(new subscriptions.LambdaSubscription(handler(stack, 'Audit')));
  },
  'static-site': (stack) => {
    const bucket = new s3.Bucket(stack, 'Pages', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, encryption: s3.BucketEncryption.S3_MANAGED, enforceSSL: true, versioned: true,
    });
    const site = new cloudfront.Distribution(stack, 'Site', {
      defaultRootObject: 'index.html',
      defaultBehavior: {
        origin: origins.S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: new cloudfront.ResponseHeadersPolicy(stack, 'Headers', {
          securityHeadersBehavior: { contentTypeOptions: { override: true } },
        }),
      },
    });
    new cdk.CfnOutput(stack, 'Domain', { value: site.distributionDomainName });
  },
  'rest-api': (stack) => {
    const table = new dynamodb.Table(stack, 'Items', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    const get = handler(stack, 'Get', { environment: { TABLE: table.tableName } });
    table.grantReadWriteData(get);
    const api = new apigateway.RestApi(stack, 'Api', { deployOptions: { stageName: 'v1' } });
    const items = api.root.addResource('items');
    items.addMethod('GET', new apigateway.LambdaIntegration(get));
    items.addResource('{id}').addMethod('ANY', new apigateway.LambdaIntegration(get));
    const plan = api.addUsagePlan('Plan', { throttle: { rateLimit: 10, burstLimit: 2 } });
    plan.addApiStage({ stage: api.deploymentStage });
  },
  'http-api': (stack) => {
    const list = handler(stack, 'List');
    const api = new apigatewayv2.HttpApi(stack, 'Api', {
      corsPreflight: { allowOrigins: ['https://example.com'], allowMethods: [apigatewayv2.CorsHttpMethod.GET] },
    });
    api.addRoutes({
      path: '/list', methods: [apigatewayv2.HttpMethod.GET], integration: new integrations.HttpLambdaIntegration('ListIntegration', list),
    });
    new cdk.CfnOutput(stack, 'Url', { value: api.apiEndpoint, exportName: 'http-api-url' });
  },
  'network': (stack) => {
    const vpc = new ec2.Vpc(stack, 'Main', {
      ipAddresses: ec2.IpAddresses.cidr('10.20.0.0/16'), maxAzs: 3, natGateways: 1,
      subnetConfiguration: [
        { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'app', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 22 },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
    vpc.addFlowLog('Flow', { destination: ec2.FlowLogDestination.toCloudWatchLogs() });
    vpc.addInterfaceEndpoint('Ecr', { service: ec2.InterfaceVpcEndpointAwsService.ECR });
  },
  'fargate-service': (stack) => {
    const cluster = new ecs.Cluster(stack, 'Cluster', { vpc: network(stack), containerInsightsV2: ecs.ContainerInsights.ENABLED });
    const web = new ecsPatterns.ApplicationLoadBalancedFargateService(stack, 'Web', {
      cluster, cpu: 256, memoryLimitMiB: 512, desiredCount: 2,
      taskImageOptions: { image: ecs.ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.27'), environment: { MODE: 'web' } },
    });
    const scaling = web.service.autoScaleTaskCount({ minCapacity: 2, maxCapacity: 6 });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });
  },
  'postgres': (stack) => {
    const database = new rds.DatabaseInstance(stack, 'Database', {
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
      vpc: network(stack), allocatedStorage: 20, storageEncrypted: true, databaseName: 'orders',
      credentials: rds.Credentials.fromGeneratedSecret('orders'), backupRetention: cdk.Duration.days(7), deletionProtection: true,
    });
    database.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.0.0/16'));
  },
  'aurora': (stack) => {
    new rds.DatabaseCluster(stack, 'Cluster', {
      engine: rds.DatabaseClusterEngine.auroraMysql({ version: rds.AuroraMysqlEngineVersion.VER_3_08_0 }),
      writer: rds.ClusterInstance.serverlessV2('writer'), readers: [rds.ClusterInstance.serverlessV2('reader', { scaleWithWriter: true })],
      serverlessV2MinCapacity: 0.5, serverlessV2MaxCapacity: 2, vpc: network(stack), storageEncrypted: true, defaultDatabaseName: 'shop',
    });
  },
  'state-machine': (stack) => {
    const check = handler(stack, 'Check');
    const topic = new sns.Topic(stack, 'Done');
    const definition = new tasks.LambdaInvoke(stack, 'Invoke', { lambdaFunction: check, outputPath: '$.Payload' })
      .next(new sfn.Choice(stack, 'Valid?')
        .when(sfn.Condition.stringEquals('$.status', 'ok'), new tasks.SnsPublish(stack, 'Publish', { topic, message: sfn.TaskInput.fromJsonPathAt('$') }))
        .otherwise(new sfn.Fail(stack, 'Invalid')));
    new sfn.StateMachine(stack, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(definition), tracingEnabled: true,
      logs: { destination: new logs.LogGroup(stack, 'Log', { retention: logs.RetentionDays.ONE_WEEK }), level: sfn.LogLevel.ALL },
    });
  },
  'event-rules': (stack) => {
    const report = handler(stack, 'Report');
    new events.Rule(stack, 'Nightly', { schedule: events.Schedule.cron({ hour: '2', minute: '0' }), targets: [new targets.LambdaFunction(report)] });
    const bus = new events.EventBus(stack, 'Bus', { eventBusName: 'orders' });
    bus.archive('Archive', { eventPattern: { source: ['orders'] }, retention: cdk.Duration.days(30) });
    const queue = new sqs.Queue(stack, 'Placed');
    new events.Rule(stack, 'OrderPlaced', { eventBus: bus, eventPattern: { source: ['orders'], detailType: ['placed'] }, targets: [new targets.SqsQueue(queue)] });
  },
  'identity': (stack) => {
    const pool = new cognito.UserPool(stack, 'Users', {
      selfSignUpEnabled: true, signInAliases: { email: true }, passwordPolicy: { minLength: 14 }, mfa: cognito.Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
    });
    const client = pool.addClient('Web', { authFlows: { userSrp: true }, oAuth: { callbackUrls: ['https://example.com/back'] } });
    pool.addDomain('Domain', { cognitoDomain: { domainPrefix: 'orders-example-dev' } });
    const identities = new cognito.CfnIdentityPool(stack, 'Identities', {
      allowUnauthenticatedIdentities: false,
      cognitoIdentityProviders: [{ clientId: client.userPoolClientId, providerName: pool.userPoolProviderName }],
    });
    const role = new iam.Role(stack, 'SignedIn', {
      assumedBy: new iam.FederatedPrincipal('cognito-identity.amazonaws.com', {
        StringEquals: { 'cognito-identity.amazonaws.com:aud': identities.ref },
        'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
      }, 'sts:AssumeRoleWithWebIdentity'),
    });
    new cognito.CfnIdentityPoolRoleAttachment(stack, 'Roles', { identityPoolId: identities.ref, roles: { authenticated: role.roleArn } });
  },
  'encrypted-storage': (stack) => {
    const key = new kms.Key(stack, 'Key', { enableKeyRotation: true, alias: 'storage' });
    const access = new s3.Bucket(stack, 'Access', { objectOwnership: s3.ObjectOwnership.OBJECT_WRITER, enforceSSL: true });
    new s3.Bucket(stack, 'Data', {
      encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true, serverAccessLogsBucket: access, serverAccessLogsPrefix: 'data/',
      lifecycleRules: [{ expiration: cdk.Duration.days(365), transitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: cdk.Duration.days(90) }] }],
    });
    new s3.Bucket(stack, 'Archive', { intelligentTieringConfigurations: [{ name: 'old', archiveAccessTierTime: cdk.Duration.days(90) }] });
  },
  'bucket-notification': (stack) => {
    const bucket = new s3.Bucket(stack, 'Inbox');
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.LambdaDestination(handler(stack, 'Import')));
  },
  'pipeline': (stack) => {
    const source = new codepipeline.Artifact();
    const bucket = new s3.Bucket(stack, 'Source', { versioned: true });
    const images = new ecr.Repository(stack, 'Images', { imageScanOnPush: true, lifecycleRules: [{ maxImageCount: 20 }] });
    const build = new codebuild.PipelineProject(stack, 'Build', {
      environment: { buildImage: codebuild.LinuxBuildImage.STANDARD_7_0, privileged: true },
      buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2', phases: { build: { commands: ['make image'] } } }),
      environmentVariables: { REPOSITORY: { value: images.repositoryUri } },
    });
    images.grantPullPush(build);
    new codepipeline.Pipeline(stack, 'Pipeline', {
      stages: [
        { stageName: 'Source', actions: [new pipelineActions.S3SourceAction({ actionName: 'S3', bucket, bucketKey: 'source.zip', output: source, trigger: pipelineActions.S3Trigger.POLL })] },
        { stageName: 'Build', actions: [new pipelineActions.CodeBuildAction({ actionName: 'Build', project: build, input: source })] },
      ],
    });
  },
  'streaming': (stack) => {
    const stream = new kinesis.Stream(stack, 'Clicks', { streamMode: kinesis.StreamMode.ON_DEMAND });
    const bucket = new s3.Bucket(stack, 'Lake');
    new firehose.DeliveryStream(stack, 'Delivery', {
      source: new firehose.KinesisStreamSource(stream), destination: new firehose.S3Bucket(bucket, { dataOutputPrefix: 'clicks/' }),
    });
    handler(stack, 'Count').addEventSource(new sources.KinesisEventSource(stream, { startingPosition: lambda.StartingPosition.LATEST, bisectBatchOnError: true }));
  },
  'cache': (stack) => {
    const vpc = network(stack);
    const group = new ec2.SecurityGroup(stack, 'CacheGroup', { vpc, description: 'Cache', allowAllOutbound: false });
    const clients = new ec2.SecurityGroup(stack, 'Clients', { vpc });
    group.addIngressRule(clients, ec2.Port.tcp(6379));
    const subnets = new elasticache.CfnSubnetGroup(stack, 'Subnets', {
      description: 'Private subnets', subnetIds: vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }).subnetIds,
    });
    new elasticache.CfnReplicationGroup(stack, 'Cache', {
      replicationGroupDescription: 'Sessions', engine: 'valkey', engineVersion: '8.0', cacheNodeType: 'cache.t4g.micro', numNodeGroups: 1, replicasPerNodeGroup: 1,
      automaticFailoverEnabled: true, atRestEncryptionEnabled: true, transitEncryptionEnabled: true,
      cacheSubnetGroupName: subnets.ref, securityGroupIds: [group.securityGroupId],
    });
  },
  'web-fleet': (stack) => {
    const vpc = network(stack);
    const fleet = new autoscaling.AutoScalingGroup(stack, 'Fleet', {
      vpc, minCapacity: 1, maxCapacity: 3,
      launchTemplate: new ec2.LaunchTemplate(stack, 'Launch', {
        instanceType: new ec2.InstanceType('t3.small'), machineImage: ec2.MachineImage.latestAmazonLinux2023(), requireImdsv2: true,
        role: new iam.Role(stack, 'InstanceRole', {
          assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'), managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
        }),
        securityGroup: new ec2.SecurityGroup(stack, 'Instances', { vpc }), userData: ec2.UserData.forLinux(),
      }),
    });
    const balancer = new elb.ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
    balancer.addListener('Http', { port: 80 }).addTargets('Fleet', { port: 8080, targets: [fleet], healthCheck: { path: '/health' } });
    fleet.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 50 });
  },
  'monitoring': (stack) => {
    const topic = new sns.Topic(stack, 'Alerts');
    topic.addSubscription(new subscriptions.EmailSubscription('ops@example.com'));
    const worker = handler(stack, 'Worker');
    const alarm = worker.metricErrors({ period: cdk.Duration.minutes(5) }).createAlarm(stack, 'Errors', { threshold: 1, evaluationPeriods: 1 });
    alarm.addAlarmAction(new cloudwatchActions.SnsAction(topic));
    new cloudwatch.Dashboard(stack, 'Board', {
      dashboardName: 'worker', widgets: [[new cloudwatch.GraphWidget({ title: 'Calls', left: [worker.metricInvocations()] }), new cloudwatch.AlarmWidget({ title: 'Errors', alarm })]],
    });
    const log = new logs.LogGroup(stack, 'Log', { retention: logs.RetentionDays.ONE_MONTH });
    log.addMetricFilter('Failures', { filterPattern: logs.FilterPattern.anyTerm('ERROR'), metricName: 'Failures', metricNamespace: 'Worker' });
  },
  'backup': (stack) => {
    const table = new dynamodb.TableV2(stack, 'Ledger', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, timeToLiveAttribute: 'expires',
      globalSecondaryIndexes: [{ indexName: 'by-owner', partitionKey: { name: 'owner', type: dynamodb.AttributeType.STRING } }],
    });
    const plan = new backup.BackupPlan(stack, 'Plan', { backupVault: new backup.BackupVault(stack, 'Vault'), backupPlanRules: [backup.BackupPlanRule.daily()] });
    plan.addSelection('Tables', { resources: [backup.BackupResource.fromArn(table.tableArn)] });
  },
  'graphql': (stack) => {
    const table = new dynamodb.Table(stack, 'Notes', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST });
    const api = new appsync.GraphqlApi(stack, 'Api', { name: 'notes', definition: appsync.Definition.fromFile(new URL('notes.graphql', import.meta.url).pathname), xrayEnabled: true });
    const source = api.addDynamoDbDataSource('NotesSource', table);
    source.createResolver('GetNote', {
      typeName: 'Query', fieldName: 'note', requestMappingTemplate: appsync.MappingTemplate.dynamoDbGetItem('id', 'id'),
      responseMappingTemplate: appsync.MappingTemplate.dynamoDbResultItem(),
    });
    const acl = new wafv2.CfnWebACL(stack, 'Firewall', {
      scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'notes', sampledRequestsEnabled: true },
      rules: [{
        name: 'limit', priority: 1, action: { block: {} }, statement: { rateBasedStatement: { limit: 1000, aggregateKeyType: 'IP' } },
        visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'limit', sampledRequestsEnabled: true },
      }],
    });
    new wafv2.CfnWebACLAssociation(stack, 'Association', { resourceArn: api.arn, webAclArn: acl.attrArn });
  },
  'shared-files': (stack) => {
    const vpc = network(stack);
    const files = new efs.FileSystem(stack, 'Files', { vpc, encrypted: true, lifecyclePolicy: efs.LifecyclePolicy.AFTER_30_DAYS });
    const point = files.addAccessPoint('Point', { path: '/work', createAcl: { ownerUid: '1000', ownerGid: '1000', permissions: '750' }, posixUser: { uid: '1000', gid: '1000' } });
    handler(stack, 'Convert', { vpc, filesystem: lambda.FileSystem.fromEfsAccessPoint(point, '/mnt/work') });
  },
  'dns': (stack) => {
    const zone = new route53.PublicHostedZone(stack, 'Zone', { zoneName: 'example.com' });
    const certificate = new acm.Certificate(stack, 'Certificate', { domainName: 'www.example.com', validation: acm.CertificateValidation.fromDns(zone) });
    const site = new cloudfront.Distribution(stack, 'Site', {
      domainNames: ['www.example.com'], certificate, defaultBehavior: { origin: new origins.HttpOrigin('origin.example.com') },
    });
    new route53.ARecord(stack, 'Www', { zone, recordName: 'www', target: route53.RecordTarget.fromAlias(new route53Targets.CloudFrontTarget(site)) });
    new route53.TxtRecord(stack, 'Spf', { zone, values: ['v=spf1 -all'] });
  },
  'access': (stack) => {
    const policy = new iam.ManagedPolicy(stack, 'ReadOrders', {
      statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::orders-data/*'] })],
    });
    const group = new iam.Group(stack, 'Analysts', { managedPolicies: [policy] });
    group.addToPolicy(new iam.PolicyStatement({ actions: ['athena:StartQueryExecution'], resources: ['*'] }));
    new iam.User(stack, 'Reporter', { groups: [group] });
    const provider = new iam.CfnOIDCProvider(stack, 'Provider', { url: 'https://token.actions.githubusercontent.com', clientIdList: ['sts.amazonaws.com'] });
    new iam.Role(stack, 'Deployer', {
      assumedBy: new iam.WebIdentityPrincipal(provider.attrArn, { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:example/orders:*' } }),
      inlinePolicies: { deploy: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: ['*'] })] }) },
    });
  },
  'search': (stack) => {
    new opensearch.Domain(stack, 'Search', {
      version: opensearch.EngineVersion.OPENSEARCH_2_17, capacity: { dataNodes: 2, dataNodeInstanceType: 't3.small.search', multiAzWithStandbyEnabled: false },
      ebs: { volumeSize: 20 }, zoneAwareness: { enabled: true }, encryptionAtRest: { enabled: true }, nodeToNodeEncryption: true, enforceHttps: true,
    });
  },
  'parameters': (stack) => {
    const stage = new cdk.CfnParameter(stack, 'Stage', { type: 'String', allowedValues: ['dev', 'prod'], default: 'dev' });
    new ssm.StringParameter(stack, 'Level', { simpleName: false, parameterName: `/app/${stage.valueAsString}/level`, stringValue: 'info' });
    const secret = new secretsmanager.Secret(stack, 'Token', { generateSecretString: { secretStringTemplate: '{"user":"app"}', generateStringKey: 'password', excludePunctuation: true } });
    handler(stack, 'Reader', { environment: { SECRET_ARN: secret.secretArn, LEVEL: ssm.StringParameter.valueForStringParameter(stack, '/shared/level') } }).addToRolePolicy(
      new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }));
    const production = new cdk.CfnCondition(stack, 'IsProduction', { expression: cdk.Fn.conditionEquals(stage.valueAsString, 'prod') });
    const alerts = new sns.CfnTopic(stack, 'Alerts', { displayName: cdk.Fn.conditionIf('IsProduction', 'Production', 'Development').toString() });
    alerts.cfnOptions.condition = production;
  },
  'private-link': (stack) => {
    const vpc = network(stack);
    const balancer = new elb.NetworkLoadBalancer(stack, 'Balancer', { vpc });
    balancer.addListener('Tcp', { port: 443, protocol: elb.Protocol.TCP }).addTargets('Ip', { port: 443, targets: [], protocol: elb.Protocol.TCP });
    new ec2.VpcEndpointService(stack, 'Service', { vpcEndpointServiceLoadBalancers: [balancer], acceptanceRequired: true });
  },
  'schedules': (stack) => {
    const group = new scheduler.ScheduleGroup(stack, 'Group', { scheduleGroupName: 'reports' });
    new scheduler.Schedule(stack, 'Weekly', {
      scheduleGroup: group, schedule: scheduler.ScheduleExpression.rate(cdk.Duration.days(7)), target: new schedulerTargets.SqsSendMessage(new sqs.Queue(stack, 'Reports')),
    });
  },
  'pipes': (stack) => {
    const [from, to] = ['In', 'Out'].map((name) => new sqs.Queue(stack, name));
    const role = new iam.Role(stack, 'PipeRole', { assumedBy: new iam.ServicePrincipal('pipes.amazonaws.com') });
    from.grantConsumeMessages(role);
    to.grantSendMessages(role);
    new pipes.CfnPipe(stack, 'Pipe', { roleArn: role.roleArn, source: from.queueArn, target: to.queueArn, sourceParameters: { sqsQueueParameters: { batchSize: 1 } } });
  },
  'analytics': (stack) => {
    const bucket = new s3.Bucket(stack, 'Lake');
    const database = new glue.CfnDatabase(stack, 'Database', { catalogId: stack.account, databaseInput: { name: 'lake' } });
    new athena.CfnWorkGroup(stack, 'Queries', { name: 'queries', workGroupConfiguration: { resultConfiguration: { outputLocation: bucket.s3UrlForObject('results/') } } });
  },
  'batch': (stack) => {
    const environment = new batch.FargateComputeEnvironment(stack, 'Compute', { vpc: network(stack), maxvCpus: 16, spot: true });
    new batch.JobQueue(stack, 'Queue', { computeEnvironments: [{ computeEnvironment: environment, order: 1 }] });
    new batch.EcsJobDefinition(stack, 'Job', {
      container: new batch.EcsFargateContainerDefinition(stack, 'Container', {
        image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/busybox:stable'), cpu: 0.25, memory: cdk.Size.mebibytes(512), command: ['true'],
      }),
    });
  },
  'nested': (stack) => {
    const inner = new cdk.NestedStack(stack, 'Inner');
    const queue = new sqs.Queue(inner, 'Queue');
    handler(stack, 'Sender', { environment: { QUEUE: queue.queueUrl } });
  },
  'table-stream': (stack) => {
    const table = new dynamodb.Table(stack, 'Events', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, encryption: dynamodb.TableEncryption.AWS_MANAGED,
    });
    const failed = new sqs.Queue(stack, 'Failed', { encryption: sqs.QueueEncryption.KMS_MANAGED });
    const project = handler(stack, 'Project', { timeout: cdk.Duration.seconds(20), onFailure: new destinations.SqsDestination(failed) });
    project.addEventSource(new sources.DynamoEventSource(table, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON, retryAttempts: 3, onFailure: new sources.SqsDlq(failed),
    }));
    project.metricErrors().createAlarm(stack, 'Errors', { threshold: 3, evaluationPeriods: 2 });
  },
  'fifo-orders': (stack) => {
    const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    const topic = new sns.Topic(stack, 'Orders', { fifo: true, topicName: 'orders-dev.fifo', contentBasedDeduplication: true });
    const queue = new sqs.Queue(stack, 'Ledger', { fifo: true, queueName: 'ledger-dev.fifo', encryptionMasterKey: key });
    topic.addSubscription(new subscriptions.SqsSubscription(queue, { rawMessageDelivery: true }));
  },
  'function-url': (stack) => {
    const greet = handler(stack, 'Greet', { memorySize: 256, tracing: lambda.Tracing.ACTIVE });
    const live = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: greet.currentVersion });
    live.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM, cors: { allowedOrigins: ['https://example.com'] } });
  },
  'websocket': (stack) => {
    const connections = new dynamodb.Table(stack, 'Connections', {
      partitionKey: { name: 'connectionId', type: dynamodb.AttributeType.STRING }, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    });
    const connect = handler(stack, 'Connect', { environment: { TABLE: connections.tableName } });
    connections.grantWriteData(connect);
    const api = new apigatewayv2.WebSocketApi(stack, 'Chat', {
      connectRouteOptions: { integration: new integrations.WebSocketLambdaIntegration('ConnectIntegration', connect) },
    });
    new apigatewayv2.WebSocketStage(stack, 'Live', { webSocketApi: api, stageName: 'live', autoDeploy: true });
  },
  'user-api': (stack) => {
    const pool = new cognito.UserPool(stack, 'Users', { signInAliases: { email: true } });
    const client = pool.addClient('App', { authFlows: { userSrp: true } });
    const authorizer = new authorizers.HttpUserPoolAuthorizer('Signed', pool, { userPoolClients: [client] });
    const api = new apigatewayv2.HttpApi(stack, 'Api', { defaultAuthorizer: authorizer });
    api.addRoutes({
      path: '/me', methods: [apigatewayv2.HttpMethod.GET], integration: new integrations.HttpLambdaIntegration('MeIntegration', handler(stack, 'Me')),
    });
  },
  'load-balancer': (stack) => {
    const vpc = network(stack);
    const balancer = new elb.ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
    const listener = balancer.addListener('Http', { port: 80, defaultAction: elb.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' }) });
    listener.addAction('Old', {
      priority: 10, conditions: [elb.ListenerCondition.pathPatterns(['/old/*'])], action: elb.ListenerAction.redirect({ path: '/new', permanent: true }),
    });
    const acl = new wafv2.CfnWebACL(stack, 'Firewall', {
      scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'web', sampledRequestsEnabled: true },
      rules: [{
        name: 'common', priority: 1, overrideAction: { none: {} },
        statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet' } },
        visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'common', sampledRequestsEnabled: true },
      }],
    });
    new wafv2.CfnWebACLAssociation(stack, 'Association', { resourceArn: balancer.loadBalancerArn, webAclArn: acl.attrArn });
  },
  'private-function': (stack) => {
    const vpc = new ec2.Vpc(stack, 'Private', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }] });
    vpc.addGatewayEndpoint('Tables', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
    const secrets = vpc.addInterfaceEndpoint('Secrets', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
    const reader = handler(stack, 'Reader', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    secrets.connections.allowDefaultPortFrom(reader);
  },
  'aurora-proxy': (stack) => {
    const vpc = network(stack);
    const cluster = new rds.DatabaseCluster(stack, 'Cluster', {
      engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_6 }),
      writer: rds.ClusterInstance.provisioned('writer', { instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM) }),
      vpc, storageEncrypted: true, credentials: rds.Credentials.fromGeneratedSecret('app'),
    });
    new rds.DatabaseProxy(stack, 'Proxy', { proxyTarget: rds.ProxyTarget.fromCluster(cluster), secrets: [cluster.secret], vpc, dbProxyName: 'orders-dev-proxy' });
  },
  'app-runner': (stack) => {
    const scaling = new apprunner.CfnAutoScalingConfiguration(stack, 'Scaling', { minSize: 1, maxSize: 3 });
    new apprunner.CfnService(stack, 'Web', {
      autoScalingConfigurationArn: scaling.attrAutoScalingConfigurationArn,
      sourceConfiguration: {
        autoDeploymentsEnabled: false,
        imageRepository: { imageIdentifier: 'public.ecr.aws/aws-containers/hello-app-runner:latest', imageRepositoryType: 'ECR_PUBLIC', imageConfiguration: { port: '8000' } },
      },
    });
  },
  'scheduled-task': (stack) => {
    new ecsPatterns.ScheduledFargateTask(stack, 'Nightly', {
      cluster: new ecs.Cluster(stack, 'Cluster', { vpc: network(stack) }), schedule: events.Schedule.cron({ hour: '3', minute: '30' }),
      scheduledFargateTaskImageOptions: { image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/busybox:stable'), cpu: 256, memoryLimitMiB: 512 },
    });
  },
  'queue-service': (stack) => {
    new ecsPatterns.QueueProcessingFargateService(stack, 'Worker', {
      cluster: new ecs.Cluster(stack, 'Cluster', { vpc: network(stack) }), cpu: 512, memoryLimitMiB: 1024, maxScalingCapacity: 4,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/python:3.12'),
    });
  },
  'log-processing': (stack) => {
    const log = new logs.LogGroup(stack, 'Application', { retention: logs.RetentionDays.TWO_WEEKS });
    new logs.SubscriptionFilter(stack, 'Errors', {
      logGroup: log, destination: new logDestinations.LambdaDestination(handler(stack, 'Alert')), filterPattern: logs.FilterPattern.literal('{ $.level = "error" }'),
    });
  },
  'map-state': (stack) => {
    const table = new dynamodb.Table(stack, 'Items', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST });
    const put = new tasks.DynamoPutItem(stack, 'Put', { table, item: { id: tasks.DynamoAttributeValue.fromString(sfn.JsonPath.stringAt('$.id')) } });
    const each = new sfn.Map(stack, 'Each', { itemsPath: '$.items', maxConcurrency: 5 });
    each.itemProcessor(put);
    const machine = new sfn.StateMachine(stack, 'Import', { definitionBody: sfn.DefinitionBody.fromChainable(each), timeout: cdk.Duration.minutes(10) });
    new events.Rule(stack, 'Daily', { schedule: events.Schedule.rate(cdk.Duration.days(1)), targets: [new targets.SfnStateMachine(machine)] });
  },
};
