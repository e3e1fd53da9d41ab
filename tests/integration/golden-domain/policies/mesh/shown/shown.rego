# METADATA
# title: Values as people read them
# description: One way to show a value in a message, the same in every engine.
# scope: package
package mesh.shown

# A name without quotation marks; what is no text as a value.
plain(found) := found if is_string(found)

plain(found) := value(found) if not is_string(found)

# `json.marshal` and `sprintf("%d")` differ between engines: neither is used.

value(found) := concat("", [`"`, found, `"`]) if is_string(found)

value(null) := "null"

value(true) := "true"

value(false) := "false"

value(found) := format_int(found, 10) if {
	is_number(found)
	whole(found)
}

value(found) := "a fraction" if {
	is_number(found)
	not whole(found)
}

value(found) := "a list" if is_array(found)

value(found) := "a mapping" if is_object(found)

whole(number) if round(number) == number
