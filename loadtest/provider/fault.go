package provider

const errorPayload = `{"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":"scripted_fault"}}`

// fault breaks the stream before event i of the answer.
func (x *exchange) fault(a *answer, i int) error {
	f := newFraming(&x.script)
	var last []byte
	outcome := errPlayed
	switch x.script.Fault {
	case Fin:
		return errBreak
	case Reset:
		return errReset
	case End:
		return errPlayed
	case ErrorEvent:
		last = f.event(errorPayload)
	case ErrorThenDone:
		last = append(f.event(errorPayload), f.event("[DONE]")...)
	case Cut, CutEnd:
		if x.script.Fault == Cut {
			outcome = errBreak
		}
		if i < a.len() {
			last = a.append(nil, i)
			last = last[:len(last)/2]
		}
	}
	if err := x.emit(last); err != nil {
		return err
	}
	return outcome
}
