// Package report shows what a load test found: live while it runs ([Live]), as
// a summary for a terminal ([Report.Summary]), as JSON ([Report.Encode],
// [Decode]) and as one HTML file that needs nothing else ([Report.HTML]).
//
// It knows no gateway and no generator: [Report] is plain data that the load
// test fills in, and its JSON form is what -json writes.
package report
