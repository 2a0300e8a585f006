/// The complete example of G8.
let campaignFile = #"""
  baton: 1
  application: campaign
  description: Parses campaign events and reports on purchases.
  env: {REPORT_DIR: reports}
  programs:
    EventParser:
      type: COMMAND
      argv: [parse-events, "--stream=${prop.input.stream}", "--separator=${prop.separator}",
             "--fields=${prop.fields}", "--from=${arg.from}", "--until=${arg.until}"]
      timeout: 30m
      retry: {attempts: 3, delay: 10s, backoff: 2, max_delay: 1m}
    RecordVerifier:
      type: COMMAND
      argv: [verify-records, "${arg.input}"]
    PurchaseReport:
      type: COMMAND
      argv: [purchase-report, "--by=${prop.group.by}", "--out=${env.REPORT_DIR}/${prop.group.by}.csv"]
    ProblemLogger:
      type: COMMAND
      argv: [log-problem, "bad records: ${token.records.bad@RecordVerifier:-unknown}"]
    StatusReporter:
      type: COMMAND
      argv: [report-status, "--branch=${token.branch:-none}"]
  workflows:
    EventParserWorkflow:
      arguments: {from: {required: true}, until: {required: true}}
      nodes:
        - name: trackingParser
          program: EventParser
          properties: {input.stream: tracking, separator: ",", fields: 6}
        - name: sendParser
          program: EventParser
          properties: {input.stream: send, separator: "::", fields: 5}
    PurchaseWorkflow:
      arguments: {input: {required: true}, max.bad: {default: 5}}
      on_failure: finish-siblings
      initialize: {argv: [prepare-reports, "${env.REPORT_DIR}"], timeout: 1m}
      nodes:
        - {name: RecordVerifier, program: RecordVerifier}
        - name: Predicate
          after: [RecordVerifier]
          condition:
            expr: int(token('records.bad', 'RecordVerifier')) <= int(arg('max.bad'))
            put: {branch: "${outcome}", action.type: CONDITION}
        - {name: PurchaseByCustomer, program: PurchaseReport, after: [Predicate.true], properties: {group.by: customer}}
        - {name: PurchaseByProduct, program: PurchaseReport, after: [Predicate.true], properties: {group.by: product}}
        - {name: ProblemLogger, program: ProblemLogger, after: [Predicate.false, RecordVerifier.failure]}
        - name: StatusReporter
          program: StatusReporter
          after: [PurchaseByCustomer.complete, PurchaseByProduct.complete, ProblemLogger.complete]
      finish: {argv: [notify, "${arg.input}"]}
  """#

/// The same application as JSON, with other layout and other order of maps.
let campaignJSON = #"""
  {
  	"application": "campaign", "baton": 1,
  	"description": "Parses campaign events and reports on purchases.",
  	"env": {"REPORT_DIR": "reports"},
  	"workflows": {
  		"PurchaseWorkflow": {
  			"finish": {"argv": ["notify", "${arg.input}"]},
  			"arguments": {"max.bad": {"default": 5}, "input": {"required": true}},
  			"on_failure": "finish-siblings",
  			"initialize": {"argv": ["prepare-reports", "${env.REPORT_DIR}"], "timeout": "60s"},
  			"nodes": [
  				{"name": "RecordVerifier", "program": "RecordVerifier"},
  				{"name": "Predicate", "after": ["RecordVerifier.success"], "condition": {
  					"expr": "int(token('records.bad', 'RecordVerifier')) <= int(arg('max.bad'))",
  					"put": {"branch": "${outcome}", "action.type": "CONDITION"}}},
  				{"name": "PurchaseByCustomer", "program": "PurchaseReport",
  					"after": ["Predicate.true"], "properties": {"group.by": "customer"}},
  				{"name": "PurchaseByProduct", "program": "PurchaseReport",
  					"after": ["Predicate.true"], "properties": {"group.by": "product"}},
  				{"name": "ProblemLogger", "program": "ProblemLogger",
  					"after": ["Predicate.false", "RecordVerifier.failure"], "join": "all"},
  				{"name": "StatusReporter", "program": "StatusReporter", "after": [
  					"PurchaseByCustomer.complete", "PurchaseByProduct.complete",
  					"ProblemLogger.complete"]}]},
  		"EventParserWorkflow": {
  			"arguments": {"from": {"required": true}, "until": {"required": true}},
  			"nodes": [
  				{"name": "trackingParser", "program": "EventParser",
  					"properties": {"input.stream": "tracking", "separator": ",", "fields": 6}},
  				{"name": "sendParser", "program": "EventParser",
  					"properties": {"input.stream": "send", "separator": "\u003a\u003a", "fields": 5}}]}},
  	"programs": {
  		"EventParser": {"type": "COMMAND", "timeout": "30m",
  			"argv": ["parse-events", "--stream=${prop.input.stream}",
  				"--separator=${prop.separator}", "--fields=${prop.fields}", "--from=${arg.from}",
  				"--until=${arg.until}"],
  			"retry": {"max_delay": "1m", "attempts": 3, "delay": "10s", "backoff": 2}},
  		"RecordVerifier": {"type": "COMMAND", "argv": ["verify-records", "${arg.input}"]},
  		"PurchaseReport": {"type": "COMMAND", "argv": ["purchase-report",
  			"--by=${prop.group.by}", "--out=${env.REPORT_DIR}\/${prop.group.by}.csv"]},
  		"ProblemLogger": {"type": "COMMAND", "argv": ["log-problem",
  			"bad records: ${token.records.bad@RecordVerifier:-unknown}"]},
  		"StatusReporter": {"type": "COMMAND",
  			"argv": ["report-status", "--branch=${token.branch:-none}"]}}
  }
  """#
